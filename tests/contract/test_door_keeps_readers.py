"""Our own commands beside a process that owns the folder and does not let everybody in."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import trustme

from assay.app.run import running
from assay.clock import SystemClock
from assay.config.model import Config
from tests.contract.door_kit import beside


@pytest.mark.parametrize("kept", ["readers to workspaces", "callers to those with a certificate"])
def test_our_own_commands_read_with_the_owners_token(tmp_path: Path, kept: str) -> None:
    """Where not everybody may read, `assay query` beside a server takes the token that its owner may read."""
    (tmp_path / "readers").write_text("reads-blue\n")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("assay.example.com")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "door.pem")
    mutual = {"cert_file": str(tmp_path / "door.pem"), "key_file": str(tmp_path / "door.pem"), "client_ca_file": str(tmp_path / "ca.pem")}  # fmt: skip
    config = Config.model_validate(
        {
            "store": {"dsn": f"chdb://{tmp_path / 'db'}"},
            "door": {"port": 0, **({"tls": mutual} if "certificate" in kept else {})},
            "receiver": {"grpc": {"enabled": False}, "http": {"enabled": False}},
            "workspaces": {"blue": {"reader_token_files": [str(tmp_path / "readers")]}} if "workspaces" in kept else {},
        }
    )
    with running(config, clock=SystemClock(), receive=False, settle=False):
        done = beside(config, "query", "SELECT 40 + 2 AS answer", "--json")
        note = json.loads((tmp_path / "db" / "door.json").read_text())
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(note["url"].rpartition("/")[0] + "/?query=SELECT+1", timeout=10)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"answer": 42}]
