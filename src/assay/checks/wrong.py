"""How a setting of the checks is refused: as any setting is, with name, place and the nearest thing that would do."""

import difflib
from collections.abc import Sequence

from assay.config.load import Where, place_of
from assay.errors import ConfigError


def wrong_setting(
    path: tuple[str, ...], what: str, where: Where, value: str = "", known: Sequence[str] = ()
) -> ConfigError:
    """The error to raise. `known` are the values that would do, where the wrong one is `value`."""
    sentence = f"{'.'.join(path)}: {what}"
    if known:
        near = difflib.get_close_matches(value, known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(known))}."
        sentence += f" {value!r}. {hint}"
    else:
        sentence += "."
    place = place_of(path, where)
    return ConfigError(f"{sentence} ({place})" if place else sentence)
