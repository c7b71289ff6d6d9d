"""Arize Phoenix as a server of the ingest benchmark, where it is installed: the same requests, the same questions of /proc.

It answers a request before anything is stored, so its CPU is counted until what it has taken is in its database; that is
what `cpu_seconds_per_100k_after_upkeep` says of it. It runs as it comes, with SQLite in a temporary folder.
"""

import importlib.util
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.bench.processes import cpu_seconds, rss_mb, wait_for_port
from tests.e2e.processes import free_port

START_SECONDS = 300
STUCK_SECONDS = 60
"""When the database has not grown for so long, what is missing will not come."""


def command() -> list[str]:
    """How Phoenix is started here; empty where it is not installed."""
    if importlib.util.find_spec("phoenix"):
        return [sys.executable, "-m", "phoenix.server.main", "serve"]
    program = shutil.which("phoenix")
    return [program, "serve"] if program else []


class Phoenix:
    """`phoenix serve` on free ports; see `tests.bench.ingest.Server`."""

    name = "phoenix"
    max_request_bytes = 4 * 1024 * 1024
    """What gRPC takes where a server says nothing else."""

    def __init__(self, folder: Path) -> None:
        self.grpc, http = free_port(), free_port()
        settings = {
            "PHOENIX_WORKING_DIR": str(folder), "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(http),
            "PHOENIX_GRPC_PORT": str(self.grpc), "PHOENIX_TELEMETRY_ENABLED": "false",
        }  # fmt: skip
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PHOENIX_", "PYTHON"))}
        self._database = folder / "phoenix.db"
        self._log = (folder / "phoenix.log").open("wb")
        self._process = subprocess.Popen(
            command(), env=inherited | settings, cwd=folder, stdout=self._log, stderr=self._log
        )
        wait_for_port(self.grpc, self._process, seconds=START_SECONDS)

    def cpu_seconds(self) -> tuple[None, float]:
        return None, cpu_seconds(self._process.pid)

    def rss_mb(self) -> float:
        return rss_mb(self._process.pid)

    def parts(self) -> None:
        return None

    def stored(self) -> int:
        """Spans in its database."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=60)) as database:
            return int(database.execute("SELECT count(*) FROM spans").fetchone()[0])

    def bytes_on_disk(self) -> int:
        return sum(file.stat().st_size for file in self._database.parent.glob("phoenix.db*"))

    def wait_until_quiet(self, spans: int) -> None:
        """Until so many spans can be asked for, or no more come."""
        seen, grew = -1, time.monotonic()
        while (now := self.stored()) < spans and time.monotonic() - grew < STUCK_SECONDS:
            if now > seen:
                seen, grew = now, time.monotonic()
            time.sleep(1)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
