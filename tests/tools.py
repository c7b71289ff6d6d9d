"""Programs that the tests run: the real OpenTelemetry Collector, its `telemetrygen`, and real instrumentations.

`collector()`, `telemetrygen()` and `instrumented_python()` return the path of a program, building it on first use from its published Go modules
(a few minutes, once; kept in `.build/`, which git ignores). The pinned versions are in `tests/e2e/collector/` and
below; a changed manifest builds anew. Where Go is missing, `Missing` says so: `require` turns it into a skip on a
user's machine and into a failure under CI=true, where every test has to run.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build"
REQUIREMENTS = ROOT / "tests" / "e2e" / "instrumented" / "requirements.txt"
MANIFEST = ROOT / "tests" / "e2e" / "collector" / "builder.yaml"
BUILDER = "go.opentelemetry.io/collector/cmd/builder@v0.161.0"
TELEMETRYGEN = "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v0.161.0"


class Missing(Exception):
    """A tool cannot be had on this machine; the message says what to install."""


def collector() -> Path:
    """Path of the Collector that `tests/e2e/collector/builder.yaml` describes."""
    digest = hashlib.sha256(MANIFEST.read_bytes() + BUILDER.encode()).hexdigest()[:12]
    program = BUILD / f"collector-{digest}" / "otelcol-assay"
    with _building(program) as needed:
        if needed:
            builder = go_install(BUILDER)
            _say(f"building the OpenTelemetry Collector into {program.parent} (minutes, once)")
            scratch = program.parent / "build"
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
            manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
            manifest["dist"]["output_path"] = str(scratch)
            (scratch / "builder.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
            _run([str(builder), f"--config={scratch / 'builder.yaml'}"])
            shutil.move(scratch / program.name, program)
            shutil.rmtree(scratch, ignore_errors=True)
    return program


def telemetrygen() -> Path:
    """Path of `telemetrygen`, the Collector project's own load generator."""
    return go_install(TELEMETRYGEN)


def instrumented_python() -> Path:
    """A Python whose packages are `tests/e2e/instrumented/requirements.txt`: clients and instrumentations, nothing of ours."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = BUILD / f"instrumented-{digest}"
    program = folder / "ready"
    with _building(program) as needed:
        if needed:
            _say(f"installing real clients and instrumentations into {folder} (once)")
            _run([sys.executable, "-m", "venv", str(folder)])
            pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
            _run([*pip, "install", "--only-binary", ":all:", "-q", "-r", str(REQUIREMENTS)])
            program.touch()
    return folder / "bin" / "python"


def go_install(package: str) -> Path:
    """Path of a Go program, by `module@version`; installed into `.build/bin-<version>/` on first use."""
    path, _, version = package.partition("@")
    program = BUILD / f"bin-{version}" / path.rpartition("/")[2]
    with _building(program) as needed:
        if needed:
            _say(f"go install {package} (minutes, once)")
            _run([_go(), "install", package], env={"GOBIN": str(program.parent)})
    return program


def go_build(folder: Path) -> Path:
    """Path of the Go program in `folder`; built into `.build/` when its sources are new."""
    sources = b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
    program = BUILD / f"{folder.name}-{hashlib.sha256(sources).hexdigest()[:12]}" / folder.name
    with _building(program) as needed:
        if needed:
            _say(f"go build {folder.name} (once)")
            _run([_go(), "build", "-C", str(folder), "-o", str(program), "."])
    return program


def require(tool: Callable[[], Path]) -> Path:
    """The tool's path for a test: skips with the reason where it cannot be had, fails there under CI=true."""
    try:
        return tool()
    except Missing as cause:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI has to run every test: {cause}")
        pytest.skip(str(cause))


@contextmanager
def _building(program: Path) -> Iterator[bool]:
    """Yields whether the program has to be built; one builder at a time, also across processes."""
    if program.exists():
        yield False
        return
    program.parent.mkdir(parents=True, exist_ok=True)
    with (program.parent / f"{program.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not program.exists()


def _go() -> str:
    go = shutil.which("go")
    if go is None:
        raise Missing("the Go toolchain is not installed (https://go.dev/doc/install); it builds the real Collector")
    return go


def _run(command: list[str], *, env: dict[str, str] | None = None) -> None:
    """Run a build step at low priority; its output is shown only when it fails."""
    environment = {**os.environ, "CGO_ENABLED": "0", **(env or {})}
    done = subprocess.run(["nice", "-n", "10", *command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Missing(f"`{' '.join(command)}` failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _say(line: str) -> None:
    print(f"tests.tools: {line}", file=sys.__stderr__, flush=True)


if __name__ == "__main__":
    print(collector())
    print(telemetrygen())
    print(instrumented_python())
