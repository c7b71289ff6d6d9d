"""Our own commands beside a process that owns the folder and keeps readers to workspaces."""

import json
import subprocess
import sys
from pathlib import Path

from assay.app.run import running
from assay.clock import SystemClock
from assay.config.model import Config


def test_our_own_commands_read_with_the_owners_token(tmp_path: Path) -> None:
    """Where nobody reads without a token, `assay query` beside a server takes the one that its owner may read."""
    (tmp_path / "readers").write_text("reads-blue\n")
    config = Config.model_validate(
        {
            "store": {"dsn": f"chdb://{tmp_path / 'db'}"},
            "door": {"port": 0},
            "receiver": {"grpc": {"enabled": False}, "http": {"enabled": False}},
            "workspaces": {"blue": {"reader_token_files": [str(tmp_path / "readers")]}},
        }
    )
    with running(config, clock=SystemClock(), receive=False, settle=False):
        done = subprocess.run(
            [sys.executable, "-m", "assay.cli.main", "query", "SELECT 40 + 2 AS answer", "--json", "--dsn", config.store.dsn],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"answer": 42}]
