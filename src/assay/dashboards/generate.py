"""Writes `deploy/grafana` from the values of this package: `python -m assay.dashboards.generate`, or `--check` to compare.

In: nothing. Out: dashboards as JSON, and the provisioning files. `--check` writes nothing, names every file that is out of date, missing or
not ours any more, and exits 1. Other tools that carry the dashboards (the chart) take them from `files()`.
"""

import argparse
import json
import sys
from pathlib import Path

from assay.dashboards import provisioning
from assay.dashboards.boards import DASHBOARDS
from assay.dashboards.grafana import dashboard_json

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "grafana"
GENERATED = ("dashboards/*.json", "provisioning/*/*.yaml")
"""Everything below `deploy/grafana` that fits these is made here; other files are written by hand."""


def files() -> dict[str, str]:
    """Path below `deploy/grafana` to the text of every generated file."""
    made = {
        f"dashboards/{one.uid}.json": json.dumps(dashboard_json(one), indent=2, ensure_ascii=False) + "\n"
        for one in DASHBOARDS
    }
    return made | {f"provisioning/{path}": text for path, text in provisioning.files().items()}


def problems(folder: Path = FOLDER) -> list[str]:
    """One line for each file of `folder` that differs from what would be written."""
    made = files()
    found = [f"{path} is out of date" for path, text in made.items() if _read(folder / path) != text]
    present = {str(file.relative_to(folder)) for pattern in GENERATED for file in folder.glob(pattern)}
    return found + [f"{path} is made by nothing" for path in sorted(present - made.keys())]


def write(folder: Path = FOLDER) -> int:
    """Write every generated file; how many there are."""
    made = files()
    for path, text in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return len(made)


def main() -> int:
    """Write or compare; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    if parser.parse_args().check:
        wrong = problems()
        sys.stderr.write(
            "".join(f"deploy/grafana/{line}: run `python -m assay.dashboards.generate`.\n" for line in wrong)
        )
        return int(bool(wrong))
    sys.stdout.write(f"wrote {write()} files below deploy/grafana\n")
    return 0


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
