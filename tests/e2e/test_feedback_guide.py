"""The examples of docs/feedback.md, as they stand there, against a real `assay serve`."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.spans.dialects.feedback import METADATA_KEYS
from tests.e2e.processes import Assay
from tests.tools import ROOT, Missing, require

BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs" / "feedback.md").read_text(encoding="utf-8"), re.DOTALL)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def assay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assay]:
    folder: Path = tmp_path_factory.mktemp("guide")
    serving = Assay("serve", "assay", folder, dsn=f"chdb://{folder / 'data'}")
    serving.program.start()
    yield serving
    assert serving.program.stop() == 0


def curl() -> Path:
    found = shutil.which("curl")
    if found is None:
        raise Missing("curl is not installed")
    return Path(found)


def run(assay: Assay, command: list[str], block: str) -> str:
    """Run an example with this test's ports in the place of the usual ones."""
    script = block.replace("localhost:4317", f"127.0.0.1:{assay.grpc_port}").replace(
        "localhost:4318", f"127.0.0.1:{assay.http_port}"
    )
    env = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    done = subprocess.run([*command, script], capture_output=True, text=True, env=env, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def kinds(assay: Assay) -> set[tuple[str, str]]:
    client = assay.client()
    rows = client.query("SELECT kind, comment FROM feedback WHERE trace_id = {t:String}", parameters={"t": TRACE})
    client.close()
    return set(rows.result_rows)


def test_every_attribute_that_is_read_is_in_the_guide() -> None:
    read = METADATA_KEYS | {"feedback.text", "feedback.correction", "feedback.comment"}
    guide = (ROOT / "docs" / "feedback.md").read_text(encoding="utf-8")
    written = set(re.findall(r"`(feedback\.\w+)`", guide))
    assert written - {"feedback.proto"} == {key for key in read if key.startswith("feedback.")}


def test_the_line_for_a_shell_works(assay: Assay) -> None:
    require(curl)
    ((block),) = (text for language, text in BLOCKS if language == "sh")
    assert json.loads(run(assay, ["sh", "-c"], block)) == {"accepted": 3}
    assert {("thumb", "the link is dead"), ("outcome", "")} <= kinds(assay)


def test_the_python_clients_work(assay: Assay) -> None:
    client, event = (text for language, text in BLOCKS if language == "python")
    assert run(assay, [sys.executable, "-c"], client) == "1 []\n"
    run(assay, [sys.executable, "-c"], event)
    assert {("stars", "too long"), ("thumb", "not what I asked")} <= kinds(assay)
