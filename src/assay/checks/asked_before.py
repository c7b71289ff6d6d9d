"""Whether other requests of a service found what this one lacked.

A document that is absent shows in no single trace: the search returned what it had, and the answer admits that it has nothing, or says what it
knows by itself. It shows where the same question was answered well in another trace, from documents of which no search returned one
here ("although other requests find it", says the taxonomy).

    trace ─► the question's key, and whether it lacks a source or was answered from documents
"""

import hashlib
from typing import Literal, NamedTuple

from assay.checks.sources import lacks_source, taken_from, weights
from assay.checks.trace import Chunk, Trace

Standing = Literal["lacking", "answered", "neither"]

LEAST_WORDS = 3
"""Words that say something in a question that means the same wherever it is asked: `And on Sundays?` does not."""


class Asked(NamedTuple):
    """A question that documents were searched for."""

    standing: Standing
    """`lacking` a source, `answered` from documents without any failure, or neither."""
    documents: list[Chunk]
    """What searches returned to a trace that lacks a source, and what a good answer was taken from."""


def question_key(service: str, question: str) -> bytes:
    """16 bytes that a question of a service has in common with those of the same words, in any order and form; empty for too few words."""
    said = sorted(weights(question[:2000]))
    if len(said) < LEAST_WORDS:
        return b""
    return hashlib.blake2b("\0".join((service, *said)).encode("utf-8", "replace"), digest_size=16).digest()


def asked(trace: Trace, *, failed: bool) -> Asked:
    """How a trace stands to its question; `failed` where anything was found wrong with it."""
    if lacks_source(trace):
        return Asked("lacking", trace.pool)
    source = [] if failed else taken_from(trace)
    return Asked("answered" if source else "neither", source)
