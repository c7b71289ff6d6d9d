"""Where the human-labelled data is, and how the quality programs print what they count."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "data"


def folder(argv: Sequence[str]) -> Path:
    """First argument that is no option, else ASSAY_QUALITY_DATA, else the folder beside the checkout."""
    named = [one for one in argv[1:] if not one.startswith("-")]
    return Path(named[0]) if named else Path(os.environ.get("ASSAY_QUALITY_DATA") or DEFAULT)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns aligned for a terminal."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )
