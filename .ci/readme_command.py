"""Prints one of the README's command lines, so that CI runs what a reader runs: `readme_command.py run|test`."""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def command(name: str) -> str:
    """The single shell block below `<!-- command: NAME -->`."""
    found: list[str] = re.findall(
        rf"<!-- command: {name} -->\n+```sh\n(.*?)\n```", README.read_text("utf-8"), re.DOTALL
    )
    if len(found) != 1:
        sys.exit(f"README.md has {len(found)} blocks marked `<!-- command: {name} -->`, exactly one is needed")
    return found[0]


if __name__ == "__main__":
    print(command(sys.argv[1]))
