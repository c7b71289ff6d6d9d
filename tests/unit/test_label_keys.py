"""Ctrl-C while `assay label` waits for a key."""

import signal
import subprocess
import sys

import pytest

# A signal that another thread takes does not end the read of the first one: what also happens to one that comes right before the read.
WAITS = """
import signal, sys, threading, time
from assay.cli.label_session import read_key

def interrupt():
    time.sleep(0.5)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Thread(target=interrupt, daemon=True).start()
try:
    read_key()
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to threads on this system")
def test_ctrl_c_is_heard_without_another_key() -> None:
    with subprocess.Popen([sys.executable, "-c", WAITS], stdin=subprocess.PIPE) as waiting:
        try:
            assert waiting.wait(60) == 7
        finally:
            waiting.kill()
