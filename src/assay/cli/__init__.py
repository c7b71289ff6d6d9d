"""argv to a verb.

`main.py` is the list of commands, their arguments and their help; each verb is a function `(Namespace) -> exit code` in
the file that is named for what it does. Exit codes: 0 done, 1 not found or a check failed, 2 something that you have to
change (usage, settings, a refused statement), 3 try later (the store does not answer), 130 interrupted.
"""
