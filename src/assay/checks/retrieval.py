"""Checks of one retrieval or rerank; what needs the whole trace is in `traces`."""

import re
from collections.abc import Iterator

from assay.checks.check import Check, Spans
from assay.checks.evidence import compared
from assay.checks.finding import Evidence
from assay.checks.trace import read_text

_NOTHING = re.compile(
    r'"[^"]*(?:documents?|results?|hits|matches|chunks|nodes|passages|output|response)[^"]*"\s*:\s*(?:"?\[\s*\]"?|"null"|"\s*")(?=\s*[,}\\])|'
    r'"[^"]*(?:returned_rows|(?:documents?|results?|hits|matches|chunks|nodes)[._]?(?:count|total|returned|found|length|size)|'
    r'(?:count|num|number|total|n|returned)[._](?:of_)?(?:documents|docs|results|hits|matches|chunks|nodes)|(?:documents|results|hits|matches))[^"]*"\s*:\s*"?0"?(?=\s*[,}\\])',
    re.IGNORECASE,
)
"""An attribute that says that nothing came back, also in JSON inside of JSON.
https://opentelemetry.io/docs/specs/semconv/database/database-spans/ (`db.response.returned_rows`)"""
_SEARCHES = re.compile(
    r"retriev|(?:search|look_?up|find|query)\w*?[_\W](?:\w+[_\W])?(?:docs?|documents?|knowledge|kb|articles?|faqs?|polic\w+|pages?|passages?|content|index|corpus|library|handbook|manual|wiki)|"
    r"(?:hybrid|vector|semantic|similarity|knowledge(?:_base)?|docs?|documents?|kb|rag|faq)[_\W]search",
    re.IGNORECASE,
)
"""Names of tools that search texts."""
_EMPTY = re.compile(
    r'(?:\[\s*\]|\{\s*"(?:documents|results|hits|matches|chunks|passages)"\s*:\s*\[\s*\][^\[\]]{0,200}\}|no (?:matching |relevant )?(?:results|documents|matches|hits|passages)(?: (?:were )?found)?[.!]?)',
    re.IGNORECASE,
)
"""How such a tool says that it found nothing."""
MOST_OF_NOTHING = 400
"""Characters of a result that says that there is none."""


def _said(spans: Spans) -> list[int]:
    """Retrievals that ended well and say what came back, if only that it was nothing; and tools that search, where nothing came back."""
    status, ids, raw = spans.columns["status"], spans.columns["document_ids"], spans.batch.raw.get("attributes")
    texts = spans.columns["document_texts"]
    return [
        row
        for row in spans.where("stage", frozenset({"retrieval"}))
        if status[row] != "error" and (ids[row] or texts[row] or (raw is not None and _NOTHING.search(raw[row])))
    ] + [
        row
        for row in spans.where("stage", frozenset({"tool"}))
        if status[row] != "error" and _found_nothing(spans, row)
    ]


def _found_nothing(spans: Spans, row: int) -> bool:
    if not _SEARCHES.search(spans.columns["tool_name"][row] or spans.columns["name"][row]):
        return False
    result = read_text(spans.facts(spans.columns["tool_result"][row]).raw).text
    return len(result) <= MOST_OF_NOTHING and _EMPTY.fullmatch(result.strip()) is not None


def _none(spans: Spans, rows: list[int]) -> list[int]:
    ids, texts = spans.columns["document_ids"], spans.columns["document_texts"]
    return [row for row in rows if not ids[row] and not texts[row]]


def _no_results(spans: Spans, row: int) -> Iterator[Evidence]:
    query = spans.facts(spans.columns["retrieval_query"][row]).text
    yield compared(documents=0, top_k=spans.columns["retrieval_top_k"][row], query=query[:160])


CHECKS = (Check("retrieval.no_results", "retrieval_miss.no_results", 2, _said, _no_results, _none, confidence=0.95),)
