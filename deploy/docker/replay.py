"""Runs the Dockerfile without Docker: `python deploy/docker/replay.py ROOT [--engine server]`.

In: an empty folder that stands for `/`. Out: what the last stage would hold, below it; the path of `assay` is printed. The
running Python stands for the base image. RUN steps are run as they are written, with the paths in ENV below ROOT; a step that
names an absolute path itself, or an instruction that this program does not know, is an error and not skipped.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[1]
SAID_ONLY = {"EXPOSE", "ENTRYPOINT", "CMD", "USER"}
"""Instructions about how a container is started."""


def instructions() -> list[tuple[str, str]]:
    """Name and arguments of every instruction of the Dockerfile, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (HERE / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines) if name]


def replay(root: Path, engine: str) -> Path:
    """Run every instruction; the path of the program in what the last stage holds."""
    root = root.resolve()
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(root / "home")}
    # How packages are reached is the host's affair.
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    folder, stages, kept = root, 0, set[Path]()
    for name, rest in instructions():
        if name == "FROM":
            stages += 1
        elif name == "ARG":
            key, _, value = rest.partition("=")
            environment[key] = engine if key == "ENGINE" else value
        elif name == "ENV":
            for key, _, value in (pair.partition("=") for pair in shlex.split(rest)):
                if key != "PATH":
                    environment[key] = f"{root}{value}" if value.startswith("/") else value
        elif name == "WORKDIR":
            folder = root / rest.lstrip("/")
            folder.mkdir(parents=True, exist_ok=True)
        elif name == "COPY" and rest.startswith("--from="):
            _, source, target = rest.split()
            if source != target:
                raise SystemExit(f"replay: {rest}: a virtual environment works only where it was made")
            kept.add(root / target.lstrip("/"))
        elif name == "COPY":
            *sources, target = rest.split()
            _copy(sources, folder / target, to_folder=target.endswith("/"))
        elif name == "RUN":
            if re.search(r"(?<![\w\"}*])/\w", rest):
                raise SystemExit(f"replay: {rest}: name paths by variables")
            subprocess.run(["sh", "-ec", rest], cwd=folder, env=environment, check=True)
        elif name not in SAID_ONLY:
            raise SystemExit(f"replay: the instruction {name} is not known here")
    if stages != 2 or len(kept) != 1:
        raise SystemExit("replay: two stages are expected, and one folder that the second one copies")
    program = kept.pop()
    # What the last stage does not copy must not be needed.
    for left in (root / "build", root / "home"):
        shutil.rmtree(left, ignore_errors=True)
    return program / "bin" / "assay"


def _copy(sources: list[str], target: Path, *, to_folder: bool) -> None:
    for source in (SOURCES / one for one in sources):
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            place = target / source.name if to_folder else target
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place)


def main() -> int:
    """Replay and print the program's path."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    arguments.add_argument("root", type=Path, help="an empty folder that stands for /")
    arguments.add_argument("--engine", choices=("full", "server"), default="full")
    given = arguments.parse_args()
    given.root.mkdir(parents=True, exist_ok=True)
    if any(given.root.iterdir()):
        raise SystemExit(f"replay: {given.root} is not empty")
    sys.stdout.write(f"{replay(given.root, given.engine)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
