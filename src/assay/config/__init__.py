"""Settings: what they are (`model.py`), where they come from (`load.py`), and what they say on paper (`reference.py`).

`defaults < YAML file < environment < flags → Config`. Every value remembers where it came from, so an error names the
file and the line. Nothing is read at import time, and a `Config` never changes after it was loaded.
"""
