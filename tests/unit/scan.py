"""What the one scan of a batch says of a text."""

from functools import cache

from assay.checks.text import Fact, Texts


@cache
def _texts() -> Texts:
    return Texts()


def scanned(text: str, fact: Fact) -> bool:
    """Whether the fact is true of a text that came in."""
    name = text.encode()
    _texts().enter({name}, lambda _: name)
    return name in _texts().having(fact)
