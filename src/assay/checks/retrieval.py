"""Checks of one retrieval or rerank; what needs the whole trace is in `traces`."""

import re
from collections.abc import Iterator

from assay.checks.check import Check, Spans
from assay.checks.evidence import compared
from assay.checks.finding import Evidence

_NOTHING = re.compile(
    r'"[^"]*(?:documents?|results?|hits|matches|chunks|nodes|passages|output|response)[^"]*"\s*:\s*(?:"?\[\s*\]"?|"null"|"\s*")(?=\s*[,}\\])|'
    r'"[^"]*(?:returned_rows|(?:documents?|results?|hits|matches|chunks|nodes)[._]?(?:count|total|returned|found|length|size)|'
    r'(?:count|num|number|total|n|returned)[._](?:of_)?(?:documents|docs|results|hits|matches|chunks|nodes)|(?:documents|results|hits|matches))[^"]*"\s*:\s*"?0"?(?=\s*[,}\\])',
    re.IGNORECASE,
)
"""An attribute that says that nothing came back, also in JSON inside of JSON.
https://opentelemetry.io/docs/specs/semconv/database/database-spans/ (`db.response.returned_rows`)"""


def _said(spans: Spans) -> list[int]:
    """Retrievals that ended well and say what came back, if only that it was nothing."""
    status, ids, raw = spans.columns["status"], spans.columns["document_ids"], spans.batch.raw.get("attributes")
    texts = spans.columns["document_texts"]
    return [
        row
        for row in spans.where("stage", frozenset({"retrieval"}))
        if status[row] != "error" and (ids[row] or texts[row] or (raw is not None and _NOTHING.search(raw[row])))
    ]


def _none(spans: Spans, rows: list[int]) -> list[int]:
    ids, texts = spans.columns["document_ids"], spans.columns["document_texts"]
    return [row for row in rows if not ids[row] and not texts[row]]


def _no_results(spans: Spans, row: int) -> Iterator[Evidence]:
    query = spans.facts(spans.columns["retrieval_query"][row]).text
    yield compared(documents=0, top_k=spans.columns["retrieval_top_k"][row], query=query[:160])


CHECKS = (Check("retrieval.no_results", "retrieval_miss.no_results", 1, _said, _no_results, _none, confidence=0.95),)
