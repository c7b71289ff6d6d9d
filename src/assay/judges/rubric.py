"""What people are shown of a judge: its levels, the worst first, each with its anchor.

library and own judges, a dimension ─► the judge whose rubric people use ─► level: anchor
"""

import difflib
import re
from collections.abc import Sequence

from assay.errors import ConfigError
from assay.judges.judge import Judge, library

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


def rubric(dimension: str, own: Sequence[Judge]) -> Judge:
    """The judge whose levels people use for the dimension. Raises `ConfigError`."""
    known = rubrics(own)
    if dimension not in known:
        near = difflib.get_close_matches(dimension, known, 1, 0.5)
        hint = f" Did you mean {near[0]}?" if near else f" There are {', '.join(sorted(known))}."
        raise ConfigError(f"No judge knows a dimension {dimension!r}.{hint}")
    return known[dimension]
