"""Writes the reference pages from the code that they describe: `python docs/generate.py`, or `--check` to compare.

configuration.md from `assay.config.model`, columns.md from `assay.spans.columns`, views.md from the head of each file in
`assay/store/views`, cli.md from the parser, taxonomy.md from `assay/taxonomy/taxonomy.yaml`, labels.md from
`assay.scorer.label_files` and the judges. metrics.md has its own generator beside the metrics. Then `deploy/grafana`
(`assay.dashboards.generate`), `deploy/helm` (`deploy/helm/chart.py`), the lock files of the images
(`deploy/docker/locks.py`) and the gRPC client `assay.v1` (`proto/stubs.py`).
"""

import argparse
import re
import sys
from importlib import resources
from pathlib import Path

from assay.cli.main import parser
from assay.config import reference
from assay.dashboards import generate as dashboards
from assay.judges.rubric import anchors, rubrics
from assay.scorer import label_files
from assay.spans import columns
from assay.taxonomy import taxonomy

sys.path.insert(0, str(Path(__file__).parents[1] / "deploy" / "helm"))
sys.path.insert(0, str(Path(__file__).parents[1] / "deploy" / "docker"))

sys.path.insert(0, str(Path(__file__).parents[1] / "proto"))

import chart
import locks
import stubs

FOLDER = Path(__file__).parent / "reference"
MADE_BY = "Made by `python docs/generate.py`; do not edit.\n"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is out of date")
    check = arguments.parse_args().check
    pages = {
        "configuration.md": reference.page(),
        "columns.md": columns_page(),
        "views.md": views_page(),
        "cli.md": cli_page(),
        "taxonomy.md": taxonomy_page(),
        "labels.md": labels_page(),
    }
    stale = [name for name, text in pages.items() if _read(FOLDER / name) != text]
    for name in stale:
        if check:
            sys.stderr.write(f"docs/reference/{name} is out of date: run `python docs/generate.py`.\n")
        else:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / name).write_text(pages[name], encoding="utf-8")
            sys.stdout.write(f"wrote docs/reference/{name}\n")
    drifted = 0
    # The chart carries the dashboards, so they come first.
    generators = (("deploy/grafana", dashboards), ("deploy/helm", chart), ("deploy/docker", locks), ("src", stubs))
    for folder, generator in generators:
        lines = generator.problems()
        drifted += len(lines)
        for line in lines if check else ():
            sys.stderr.write(f"{folder}/{line}: run `python docs/generate.py`.\n")
        if lines and not check:
            sys.stdout.write(f"wrote {generator.write()} files below {folder}\n")
    return int(bool(stale or drifted) and check)


def columns_page() -> str:
    """Every canonical column by group."""
    groups = (
        ("Identity", columns.IDENTITY), ("Place", columns.PLACE), ("Call", columns.CALL), ("Usage", columns.USAGE),
        ("Content", columns.CONTENT), ("Prompt", columns.PROMPT), ("Tools", columns.TOOLS),
        ("Retrieval", columns.RETRIEVAL), ("Guardrails", columns.GUARDRAILS), ("Who and what for", columns.WHO), ("Labels", columns.LABELS),
    )  # fmt: skip
    if sum(len(group) for _, group in groups) != len(columns.COLUMNS):
        raise SystemExit("docs/generate.py: a group of columns is missing from the page")
    parts = [
        (
            f"# Columns\n\nThe canonical columns of a span, whatever dialect it was sent in. {MADE_BY}\n"
            "`Body` is the content hash of a text, `Bodies` an array of them; the text is in the view `texts`.\n"
        )
    ]
    for title, group in groups:
        parts.append(f"\n## {title}\n\n| column | type | meaning |\n|---|---|---|\n")
        parts.extend(f"| `{one.name}` | `{one.type}` | {_cell(one.meaning)} |\n" for one in group)
    return "".join(parts)


def taxonomy_page() -> str:
    """Every kind of failure by class."""
    parts = [f"# Taxonomy\n\nVersion {taxonomy().version}. A label is `class.kind`. {MADE_BY}"]
    for one in taxonomy().classes:
        parts.append(f"\n## {one.title}: `{one.id}`\n\n{one.definition}\n")
        parts.extend(
            f"\n### `{one.id}.{kind.id}`\n\n{kind.definition} {kind.severity.capitalize()}; stage {kind.stage}; decided by "
            f"{kind.decided_by}; usually for {kind.owner}.\n\n- Example: {kind.example}\n- Not: {kind.counter_example}\n"
            f"- Usually mended by: {kind.fix}\n"
            for kind in one.kinds
        )
    return "".join(parts)


def labels_page() -> str:
    """The columns of a file with labels, and the levels of every dimension."""
    parts = [
        f"# Labels\n\nFiles that `assay label` imports and exports ([guide](../labels.md)), and what people say. {MADE_BY}",
        "\n## Columns\n\n| column | meaning |\n|---|---|\n",
        *(f"| `{name}` | {_cell(meaning)} |\n" for name, meaning in label_files.COLUMNS.items()),
        "\n## Levels\n\nOf the judges that come with Assay, the worst first; a judge of yours brings its own.\n",
    ]
    for dimension, judge in sorted(rubrics(()).items()):
        parts.append(f"\n### {dimension}\n\n`{judge.key}`\n\n| level | value | meaning |\n|---|---|---|\n")
        parts.extend(
            f"| `{level}` | {judge.scale[level]:g} | {_cell(anchor)} |\n" for level, anchor in anchors(judge).items()
        )
    return "".join(parts)


def views_page() -> str:
    """Every view from the comment at the head of its file."""
    folder = resources.files("assay.store") / "views"
    files = sorted((entry.name, entry.read_text()) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    parts = [f"# Views\n\nThe public read interface: views change only with a line in the changelog. {MADE_BY}"]
    for name, text in files:
        view = re.search(r"CREATE OR REPLACE VIEW\s+(?:@on_cluster\s+)?(\w+)", text)
        if not view:
            raise SystemExit(f"{name}: no view in it")
        head = [line[2:].strip() for line in text[: view.start()].splitlines() if line.startswith("--")]
        said, _, listed = " ".join(head).partition("columns:")
        if not said.strip() or not listed.strip():
            raise SystemExit(f"{name}: its head must say what the view is, then `columns:`")
        parts.append(f"\n## {view[1]}\n\n{said.strip()}\n\nColumns: {listed.strip().removesuffix('.')}.\n")
    return "".join(parts)


def cli_page() -> str:
    """Every command with its arguments and examples; not argparse's own layout, which differs between Pythons."""
    top = parser()
    parts = [f"# Command line\n\n{MADE_BY}\n```text\n{top.description}\n{top.epilog}```\n"]
    for name, one in _commands(top):
        parts.append(f"\n## {name}\n\n{one.description}\n\n")
        rows = [_argument(action) for action in one._actions if not isinstance(action, _OTHER)]
        if rows:
            parts.append("| argument | meaning |\n|---|---|\n" + "".join(rows) + "\n")
        parts.append(f"```text\n{(one.epilog or '').removeprefix('examples:' + chr(10))}```\n")
    return "".join(parts)


_OTHER = (argparse._HelpAction, argparse._SubParsersAction)


def _argument(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    name = ", ".join(action.option_strings) + value if action.option_strings else str(action.metavar)
    meaning = (action.help or "").replace("%(default)s", f"`{action.default}`")
    return f"| `{name}` | {_cell(meaning)} |\n"


def _commands(one: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    found = []
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                found.append((inner.prog, inner))
                found.extend(_commands(inner))
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
