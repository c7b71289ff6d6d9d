"""Retrieved documents of any sender: a list in any shape goes in, `Document` values come out, best first."""

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from assay.spans.dialects.context import Context
from assay.spans.dialects.messages import flat_text, parse, parse_repr, text_of

_MAX_DEPTH = 8


class Document(msgspec.Struct, frozen=True, gc=False):
    """One retrieved document."""

    id: str
    rank: int
    score: float
    """NaN where unknown."""
    text: str | None
    collection: str
    version: str
    updated_at: str
    selected: int
    """1 selected into the prompt, 0 not, 2 unknown."""


_ID = ("id", "id_", "doc_id", "document_id", "documentId", "_id", "node_id", "chunk_id", "source_id", "key")
_SCORE = ("score", "relevance_score", "relevanceScore", "similarity", "_score", "@search.score", "similarity_score")
_DISTANCE = ("distance",)
_TEXT = ("content", "page_content", "pageContent", "text", "document", "chunk", "body", "passage")
_INDEX = ("index_name", "index", "collection", "collection_name", "datasource", "data_source")
_VERSION = ("version", "doc_version", "document_version", "revision")
_UPDATED = ("updated_at", "last_updated", "last_modified", "modified_at", "updatedAt", "lastModified", "updated")
_SELECTED = ("selected", "is_selected", "in_prompt", "used", "included")
_NESTED = ("document", "node", "kwargs", "metadata", "meta", "payload", "fields", "extra_info")
_LISTS = (
    "documents", "docs", "nodes", "source_nodes", "results", "matches", "hits", "outputs", "output", "result", "data",
    "response", "retrieved_documents", "chunks", "passages", "items", "points",
)  # fmt: skip


def documents(value: Any, _: Context) -> list[Document] | None:
    """The documents in a value: a list, a tree of flattened keys, or a retriever's whole output as JSON."""
    return _documents(_find(value, 0))


def _documents(items: list[Any]) -> list[Document] | None:
    made = [document for rank, item in enumerate(items, 1) if (document := _document(item, rank)) is not None]
    return made or None


_PASSAGE = ("content", "page_content", "pageContent", "text", "chunk", "passage")
_MAY_HOLD_PASSAGES = re.compile(r'"(?:score|relevance_?score|similarity(?:_score)?|distance|metadata)"', re.IGNORECASE)


def passages(result: str) -> list[Document] | None:
    """The documents that a search returned as the result of a tool, as agents call it: a list of texts, each with a score or with
    metadata. Records of other tools have texts too (mails, tickets), and are none."""
    if result[:1] not in "[{" or not _MAY_HOLD_PASSAGES.search(result):
        return None
    items = _find(result, 0)
    if not items or not all(_is_passage(item) for item in items):
        return None
    return _documents(items)


def _is_passage(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    inner = next((item[key] for key in ("document", "node") if isinstance(item.get(key), dict)), item)
    if not any(isinstance(inner.get(key), str) and inner[key] for key in _PASSAGE):
        return False
    scores = (item.get(key) for key in (*_SCORE, *_DISTANCE))
    return any(type(one) in (int, float) for one in scores) or isinstance(inner.get("metadata"), dict)


def _find(value: Any, depth: int) -> list[Any]:
    if depth > _MAX_DEPTH:
        return []
    value = parse_repr(value) if isinstance(value, str | bytes) else value
    if isinstance(value, list):
        items = [parse(item) if isinstance(item, str) else item for item in value]
        if items and isinstance(items[0], list):
            return [found for item in items for found in _find(item, depth + 1)]
        return items if any(_is_document(item) for item in items) else []
    if isinstance(value, dict):
        for key in _LISTS:
            inner = value.get(key)
            if inner:
                found = _find(inner, depth + 1)
                if found:
                    return found
    return []


_SAYS_DOCUMENT = frozenset({*_ID, *_SCORE, *_TEXT, "node", "metadata", "kwargs", "payload"})


def _is_document(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    if "role" in item or "finish_reason" in item:
        return False
    return not item.keys().isdisjoint(_SAYS_DOCUMENT)


class _Names(NamedTuple):
    """Which names of each field are worth looking for; a flat document's keys say it for all documents of its kind."""

    flat: bool
    id: tuple[str, ...] = _ID
    score: tuple[str, ...] = _SCORE
    distance: tuple[str, ...] = _DISTANCE
    text: tuple[str, ...] = _TEXT
    collection: tuple[str, ...] = _INDEX
    version: tuple[str, ...] = _VERSION
    updated: tuple[str, ...] = _UPDATED
    rank: tuple[str, ...] = ("rank",)
    selected: tuple[str, ...] = _SELECTED


_ALL_NAMES = _Names(False)
_MAX_KEYS = 32


@lru_cache(1024)
def _names(keys: tuple[str, ...]) -> _Names:
    if any(key in keys for key in _NESTED):
        return _ALL_NAMES
    return _Names(True, *(tuple(name for name in names if name in keys) for names in _ALL_NAMES[1:]))


def _document(item: Any, rank: int) -> Document | None:
    if not isinstance(item, dict):
        return None
    names = _names(tuple(item)) if len(item) <= _MAX_KEYS else _ALL_NAMES
    layers: list[dict[str, Any]] = [item] if names.flat else []
    if not names.flat:
        _collect(item, layers, 0)
    text = _first(layers, names.text)
    score = _first(layers, names.score)
    if score is None:
        score = _first(layers, names.distance)
    given_rank = _first(layers, names.rank)
    selected = _first(layers, names.selected)
    return Document(
        _string(_document_id(layers, names.id)),
        given_rank if isinstance(given_rank, int) and 0 < given_rank < 1 << 32 else rank,
        score if type(score) is float else _score(score),
        None if text is None else text if isinstance(text, str) else text_of(flat_text(text)),
        _string(_first(layers, names.collection)) if names.collection else "",
        _string(_first(layers, names.version)) if names.version else "",
        _string(_first(layers, names.updated)) if names.updated else "",
        2 if selected is None else int(bool(selected)),
    )


def _collect(item: dict[str, Any], layers: list[dict[str, Any]], depth: int) -> None:
    """The document and what is nested in it (node, metadata, constructor arguments), outermost first."""
    layers.append(item)
    if depth > 3:
        return
    for key in _NESTED:
        inner = parse(item.get(key)) if item.get(key) is not None else None
        if isinstance(inner, dict):
            _collect(inner, layers, depth + 1)


def _document_id(layers: list[dict[str, Any]], names: tuple[str, ...]) -> Any:
    """The document's id; one that the application keeps in the metadata wins over one that the store made up."""
    outer = None
    for layer in layers:
        for key in names:
            value = layer.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                if key in ("doc_id", "document_id") or not _made_up(value):
                    return value
                outer = outer or value
    return outer


def _made_up(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 36 and value.count("-") == 4


def _first(layers: list[dict[str, Any]], names: tuple[str, ...]) -> Any:
    if not names:
        return None
    for layer in layers:
        for name in names:
            value = layer.get(name)
            if value is not None and value != "" and not (isinstance(value, dict)):
                return value
    return None


def _string(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else text_of(value)


def _score(value: Any) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return math.nan
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def query(value: Any, _: Context) -> str | None:
    """The query text in a retriever's input: bare text, or under the names that frameworks use."""
    return query_text(value) or None


def query_text(value: Any, depth: int = 0) -> str:
    """The query text in any form."""
    if depth > 5 or value is None:
        return ""
    if isinstance(value, bytes):
        value = parse(value)
    if isinstance(value, str):
        parsed = parse_repr(value) if value[:1] in '{["' else value
        return parsed if isinstance(parsed, str) else query_text(parsed, depth + 1)
    if isinstance(value, list):
        return query_text(value[0], depth + 1) if value else ""
    if isinstance(value, dict):
        for key in ("query", "query_str", "query_text", "question", "input", "text", "input_str", "str_or_query_bundle",
                    "query_bundle", "inputs", "kwargs", "args", "q", "search_query", "content"):  # fmt: skip
            if value.get(key):
                found = query_text(value[key], depth + 1)
                if found:
                    return found
    return ""
