"""What people are shown of a judge: its levels, the worst first, each with its anchor.

library and own judges, a dimension ─► the judge whose rubric people use ─► level: anchor
"""

import difflib
import re
from collections.abc import Sequence

from assay.errors import ConfigError
from assay.judges.judge import INPUTS, Judge, library
from assay.taxonomy import kinds, taxonomy

_ANCHOR = re.compile(r"- `([^`]+)`: (.*)")


def anchors(judge: Judge) -> dict[str, str]:
    """Every level of the judge, the worst first, with what its rubric says below `## Levels`; empty where it says nothing."""
    found: dict[str, str] = {}
    level = ""
    for line in judge.rubric.splitlines():
        match = _ANCHOR.match(line)
        if match:
            level = match[1]
            found[level] = match[2]
        elif level and line.startswith("  "):
            found[level] += f" {line.strip()}"
        else:
            level = ""
    return {level: found.get(level, "") for level in judge.scale}


def rubrics(own: Sequence[Judge]) -> dict[str, Judge]:
    """By dimension, the judge whose levels people use: one with an anchor for every level before one without, then the first by id.

    Judges of the library count though they are switched off: what people may say of a trace does not depend on who else judges it.
    """
    known = {judge.id: judge for judge in (*library(), *own)}
    found: dict[str, Judge] = {}
    for judge in sorted(known.values(), key=lambda one: (not all(anchors(one).values()), one.id)):
        found.setdefault(judge.dimension, judge)
    return found


def of_kind(label: str) -> Judge:
    """The levels of a label of the taxonomy: whether an answer has this failure. Checks are measured with it."""
    kind = kinds()[label]
    text = f"- `present`: {kind.definition} For instance: {kind.example}\n- `absent`: it is not so. For instance: {kind.counter_example}"
    return Judge(
        label, label, taxonomy().version, {"present": 0.0, "absent": 1.0}, (), INPUTS,
        "offline", label, 0, None, text, "taxonomy",
    )  # fmt: skip


def dimensions(own: Sequence[Judge]) -> dict[str, Judge]:
    """Everything that people may label, with its levels: dimensions of judges, and labels of the taxonomy."""
    return {label: of_kind(label) for label in kinds()} | rubrics(own)


def rubric(dimension: str, own: Sequence[Judge]) -> Judge:
    """The levels that people use for the dimension. Raises `ConfigError`."""
    known = dimensions(own)
    if dimension not in known:
        near = difflib.get_close_matches(dimension, known, 1, 0.5)
        hint = (
            f"Did you mean {near[0]}?"
            if near
            else f"There are {', '.join(sorted(rubrics(own)))}, and the labels of the taxonomy."
        )
        raise ConfigError(f"There is no dimension {dimension!r}. {hint}")
    return known[dimension]
