"""What each image installs: `python deploy/docker/locks.py`, or `--check` to compare.

In: `requirements.lock` (its `# via` comments say what needs what) and the dependencies of `pyproject.toml`. Out: `full.lock`, and
`server.lock`, which leaves out the embedded engine and what only the engine needs. `tools.lock` (what builds an image) is pinned by hand.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENGINE = frozenset({"chdb"})
MADE = "# Made by `python deploy/docker/locks.py` from requirements.lock; do not edit.\n"


def files() -> dict[str, str]:
    """Path below `deploy/docker` to the text of every generated file."""
    return {"full.lock": _lock(frozenset()), "server.lock": _lock(ENGINE)}


def problems() -> list[str]:
    """One line for each file that differs from what would be written."""
    return [f"{name} is out of date" for name, text in files().items() if _read(HERE / name) != text]


def write() -> int:
    """Write every generated file; how many there are."""
    made = files()
    for name, text in made.items():
        (HERE / name).write_text(text, encoding="utf-8")
    return len(made)


def _lock(without: frozenset[str]) -> str:
    """Pinned lines of what the program needs, directly or not, except `without` and what only that needs."""
    lines: dict[str, list[str]] = {}
    needed_by: dict[str, set[str]] = {}
    for line, comment in re.findall(
        r"^(\S+==.*)\n((?:    #.*\n)+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    ):
        name = line.partition("==")[0]
        lines.setdefault(name, []).append(line)
        needed_by.setdefault(name, set()).update(re.findall(r"[A-Za-z0-9][\w.-]*", comment.replace("# via", "")))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {re.split(r"[<>=!~;\[ ]", one, maxsplit=1)[0].lower() for one in project["dependencies"]} - without
    todo = set(wanted)
    while todo:
        todo = {name for name, by in needed_by.items() if by & todo} - wanted - without
        wanted |= todo
    return MADE + "".join(f"{line}\n" for name in sorted(wanted) for line in lines[name])


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def main() -> int:
    """Write or compare; the exit code."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    if arguments.parse_args().check:
        wrong = problems()
        sys.stderr.write("".join(f"deploy/docker/{line}: run `python deploy/docker/locks.py`.\n" for line in wrong))
        return int(bool(wrong))
    sys.stdout.write(f"wrote {write()} files below deploy/docker\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
