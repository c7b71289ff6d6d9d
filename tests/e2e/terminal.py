"""A command on a terminal of its own, driven as a person does: wait for what it shows, then press a key."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

PATIENCE_SECONDS = 90.0

# The new session's terminal, so that Ctrl-C reaches the command as a signal.
_LAUNCHER = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
_STYLE = re.compile(rb"\x1b\[[0-9;]*m")


class Terminal:
    """`assay` with these arguments on a pseudo-terminal."""

    def __init__(self, *argv: str) -> None:
        self._master, slave = pty.openpty()
        env = {name: value for name, value in os.environ.items() if not name.startswith(("ASSAY_", "OTEL_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCHER, "-m", "assay.cli.main", *argv], stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, env=env | {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
        )  # fmt: skip
        os.close(slave)
        self.raw = b""
        """Everything that was printed, as it was."""
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        os.close(self._master)

    @property
    def text(self) -> str:
        """Everything that was printed, without colours."""
        return _STYLE.sub(b"", self.raw).decode("utf-8", "replace").replace("\r\n", "\n")

    def wait_for(self, words: str) -> str:
        """What was printed up to and with these words, since the last call. Raises when they do not come."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            at = self.text.find(words, self._read)
            if at >= 0:
                found = self.text[self._read : at + len(words)]
                self._read = at + len(words)
                return found
            if time.monotonic() > until or not self._more(until):
                raise AssertionError(f"{words!r} did not come:\n{self.text[self._read :]}")

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def ends(self) -> int:
        """Wait for the end; the exit code."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self._more(until):
            pass
        return self._process.wait(max(until - time.monotonic(), 1.0))

    def _more(self, until: float) -> bool:
        """Read on; False at the end."""
        # Not `select`, which knows descriptors below 1,024 only: each engine that a test run opens leaves a few behind.
        waiting = select.poll()
        waiting.register(self._master, select.POLLIN | select.POLLHUP)
        if not waiting.poll(max(until - time.monotonic(), 0.0) * 1_000):
            return False
        with contextlib.suppress(OSError):  # Linux answers so when the other end is closed
            more = os.read(self._master, 65_536)
            self.raw += more
            return bool(more)
        return False
