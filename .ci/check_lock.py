"""Checks without a network that `requirements.lock` still fits `pyproject.toml`; says how to make it again when not."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
AGAIN = "uv pip compile pyproject.toml --extra test --universal --no-emit-index-url -o requirements.lock"


def problems() -> list[str]:
    """One sentence for each requirement that the lock does not meet."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pinned: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", lock, re.MULTILINE):
        pinned.setdefault(canonicalize_name(name), []).append(version)
    wanted = [Requirement(text) for text in (*project["dependencies"], *project["optional-dependencies"]["test"])]
    found = []
    for one in wanted:
        versions = pinned.get(canonicalize_name(one.name), [])
        if not versions or not all(one.specifier.contains(version) for version in versions):
            found.append(f"{one} is locked as {versions or 'nothing'}")
    if re.search(r"https?://", lock):
        found.append("the lock names a host; a clone elsewhere may not reach it")
    return found


if __name__ == "__main__":
    if wrong := problems():
        sys.exit("\n".join([*wrong, f"Make it again: {AGAIN}"]))
    print("requirements.lock fits pyproject.toml")
