"""The images without Docker: the Dockerfile's own steps in an empty prefix give a program that works, and no more than that."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from assay.app.run import running
from assay.clock import SystemClock
from assay.config.model import Config
from tests.e2e.processes import Program, free_port, http_get

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "deploy" / "docker"
SPAN = {
    "resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "imaged"}}]},
        "scopeSpans": [{"spans": [{
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7", "name": "chat",
            "startTimeUnixNano": "1763700000000000000", "endTimeUnixNano": "1763700001000000000",
            "attributes": [{"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}}],
        }]}],
    }]
}  # fmt: skip

pytestmark = pytest.mark.timeout(1_800)


def module(name):
    spec = importlib.util.spec_from_file_location(name, DOCKER / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def replayed(tmp_path_factory, engine):
    root = tmp_path_factory.mktemp(engine)
    done = subprocess.run(
        [sys.executable, str(DOCKER / "replay.py"), str(root), "--engine", engine],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0 and "No matching distribution" in done.stderr and os.environ.get("CI") != "true":
        pytest.skip(f"packages cannot be reached from here: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr[-3000:]
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return replayed(tmp_path_factory, "server")


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return replayed(tmp_path_factory, "full")


def send(port):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/traces",
        data=json.dumps(SPAN).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def started(assay, folder, verb, settings, port):
    config = folder / "assay.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return Program(
        verb, [str(assay), verb, "--config", str(config)], folder=folder,
        ready=lambda: http_get(f"http://127.0.0.1:{port}/readyz")[0] == 200,
        env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def test_the_server_image_takes_spans_without_the_engine(server, tmp_path):
    python = server.with_name("python")
    missing = subprocess.run([str(python), "-c", "import chdb"], capture_output=True, text=True, check=False)
    assert "No module named 'chdb'" in missing.stderr

    port = free_port()
    owner = {"store": {"dsn": f"chdb://{tmp_path / 'db'}"}, "door": {"port": 0}}
    quiet = {"grpc": {"enabled": False}, "http": {"port": port}}
    with running(Config.model_validate(owner), clock=SystemClock(), receive=False, settle=False) as store:
        token = (tmp_path / "db" / "door-token").read_text().strip()
        dsn = store.door_url.replace("http://", f"http://assay:{token}@")
        receiver = started(server, tmp_path, "receive", {"store": {"dsn": dsn}, "receiver": quiet}, port).start()
        try:
            send(port)
        finally:
            assert receiver.stop() == 0
        assert store.store.rows("SELECT service FROM spans_live") == [{"service": "imaged"}]


def test_the_server_image_says_what_it_needs_when_it_is_not_given_a_server(server, tmp_path):
    done = subprocess.run([str(server), "receive"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "this installation has no embedded engine. Name a ClickHouse server" in done.stderr


def test_the_full_image_serves_by_itself(full, tmp_path):
    port = free_port()
    settings = {
        "store": {"dsn": f"chdb://{tmp_path / 'db'}"},
        "door": {"port": 0},
        "receiver": {"grpc": {"enabled": False}, "http": {"port": port}},
    }
    serving = started(full, tmp_path, "serve", settings, port).start()
    try:
        send(port)
        done = subprocess.run(
            [str(full), "query", "SELECT service FROM spans_live", "--dsn", f"chdb://{tmp_path / 'db'}", "--json"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == [{"service": "imaged"}], done.stderr
    finally:
        assert serving.stop() == 0


def test_the_bill_of_materials_lists_what_is_installed(server):
    made = json.loads((server.parents[1] / "sbom.cdx.json").read_text(encoding="utf-8"))
    listed = {(one["name"].lower().replace("_", "-"), one["version"]) for one in made["components"]}
    lines = [line for line in (DOCKER / "server.lock").read_text(encoding="utf-8").splitlines() if "==" in line]
    locked = {tuple(line.split("==")) for line in lines if ";" not in line}
    assert len(locked) > 30
    assert locked <= listed
    names = {name for name, _ in listed}
    assert "pip" not in names
    assert "assay" in names


def test_the_last_stage_has_no_compiler_and_no_root():
    steps = module("replay").instructions()
    last = len(steps) - 1 - [name for name, _ in reversed(steps)].index("FROM")
    final = steps[last:]
    assert "RUN" not in {name for name, _ in final}
    user = dict(final)["USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert re.search(r"^\d+\.\d+\.\d+-slim", _argument(steps, "PYTHON"))
    assert "apt-get" not in " ".join(rest for _, rest in steps)
    # Only wheels: nothing is compiled on the way either.
    installs = [rest for name, rest in steps if name == "RUN" and 'pip" install' in rest and ".lock" in rest]
    assert installs
    assert all("--only-binary :all:" in rest and "--no-deps" in rest for rest in installs)


def _argument(steps, name):
    return next(rest.partition("=")[2] for step, rest in steps if step == "ARG" and rest.startswith(f"{name}="))


def test_lock_files_of_the_images_are_up_to_date():
    locks = module("locks")
    assert locks.problems() == []
    assert "chdb" not in locks.files()["server.lock"]
    assert "chdb==" in locks.files()["full.lock"]
