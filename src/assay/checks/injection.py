"""Instructions to a model, hidden in what it reads.

    any text ─► find_overrides ─► override, role_marker, persona, prompt_leak, exfiltration, hidden_text
    document ─► find_injection ─► all of these, and foreign_instruction

An override names what it attacks, so it is told by its words and may be asked of every text. A foreign instruction is an
ordinary request that has no business where it stands; that is asked of documents and tool results only.
"""

from typing import Final

from assay.checks import foreign, overrides
from assay.checks.foreign import find_foreign_instructions
from assay.checks.match import Match, apart
from assay.checks.overrides import find_overrides

PREFILTERS: Final = overrides.PREFILTERS
"""For `find_overrides`: see there how to compile them."""

DOCUMENT_PREFILTERS: Final = (*overrides.PREFILTERS, *foreign.PREFILTERS)
"""For `find_injection`."""

__all__ = ["DOCUMENT_PREFILTERS", "PREFILTERS", "find_injection", "find_overrides"]


def find_injection(document: str) -> tuple[Match, ...]:
    """Attacks in a retrieved document or a tool's result, in order of place, none over another."""
    return apart((*find_overrides(document), *find_foreign_instructions(document)))
