"""Sources that an answer cites and that were not among those it was given.

    answer ─► `[3]`, `[doc-12]`, `【4†source】`, `(source: handbook)`, addresses, DOIs ─► those that no document has

A number is good where so many documents were given, where a document has it as its id, or where a text numbers itself so.
Marks that no document could be meant by (`[x]`, `[email]`, `[0, 1]` in code) are no citations.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import unquote

from assay.checks.match import Match
from assay.checks.prose import SOURCES

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_CITED_AS_CODE = re.compile(r"\((?:sources?|see|ref(?:erence)?)\s?:\s?`[^()`\n]{2,80}`\)", re.IGNORECASE)
"""`(source: `docs/guide.md`)`."""
_NUMBERS = re.compile(
    r"(?<![\w\])])(?<![=(,]\s)(?<![=(,])\[\^?(\d{1,3}(?:\s?[,;]\s?\d{1,3}|\s?[–-]\s?\d{1,3}|\]\[\^?\d{1,3})*)\](?!\()|【(\d{1,3})[^】]*】"
)
_IDS = re.compile(
    r"\[(?=[^\]]{2,120}\])\^?(?:(?:source|sources|ref|see|cf|doc|document|id|citation)s?\s?[:#]\s?)?"
    r"((?-i:(?:[A-Z][\w-]+\s){1,5}\d[\w.]*)|[A-Za-z]+(?:[-_][\w-]+)?(?:[./:#][\w-]+)*[-_./:# ]?\d[\w./-]*|[a-z]+(?:[-_/][a-z0-9]+)+(?:\.\w{2,5})?|[\w-]+\.(?:pdf|md|html?|docx?|txt|csv|json|pptx?|xlsx?))\](?!\()",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"\((?:sources?|see|ref(?:erence)?|cited from|according to)\s?:\s?([^()\n]{2,80})\)", re.IGNORECASE
)
_TITLE = re.compile(
    r"(?:\b[Ss]ee(?: also)?|\b[Cc]f\.|\b[Ss]iehe|\b[Vv]gl\.)\s(?:the\s|die\s|den\s|das\s)?['\"“‘„]?"
    r"(?!(?:Section|Page|Figure|Fig|Table|Step|Chapter|Part|Line|Item|Point|Note|Appendix|Abschnitt|Seite|Tabelle)\b)"
    r"((?:[A-Z][\w-]+\s(?:of\s|the\s)?){1,5}(?:[vV]?\d[\w.]*|Act|Article|Charter|Code|Guide|Guidelines|Handbook|Leaflet|Manual|Ordinance|Policy|Regulations?|Report|Rules|Standard|Terms)\b"
    r"|[A-Z][a-zäöü]+(?:ordnung|gesetz|richtlinie|handbuch)(?:\s\d{4})?\b|[a-z]+(?:[-_][\w]+){2,})"
)
"""What somebody is told to look up: a title of capitalised words with a number or the name of such texts, or an id in parts."""
_PAPER = re.compile(
    r"(?<![\w\])])[\[(](?:(?:see|cf\.?|siehe|vgl\.?|sources?|quelle|fuente|fonte|bron|źródło)\s?:?\s)?['\"“„]?((?:§\s?\d{1,4}\w?\s)?[^\W\d_][^\[\]()\n]{4,80})[\])](?!\()",
    re.IGNORECASE,
)
"""`[Guarantee terms, §3]`, `(Reglamento disciplinario, art. 12)`: in brackets, what may be a paper with a place in it."""
_PLACE = re.compile(
    r"(?:§|\b(?:art|article|artículo|articolo|artigo|artykuł|artikel|p|pp|page|página|pagina|seite|strona|clause|section|sec|sección|sezione|secção|abschnitt|annex|annexe|"
    r"anlage|anhang|anexo|allegato|bijlage|załącznik|chapter|kapitel|chapitre|capítulo|capitolo|hoofdstuk|rozdział|pkt|punkt|nr|abs)\b\.?)\s?(?:\d|[A-Z]\b)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]{4,}")
_LISTED = re.compile(
    rf"^\W{{0,4}}{SOURCES}\s?:\s?([^\n]{{2,300}})$",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that lists ids of documents."""
_PARTED = re.compile(r"[^\W_]+(?:-[^\W_]+)+|[^\W_]+(?:_[^\W_]+)+")
"""An id in parts, as `musee-atelier`."""
_MARKS = ("[", "/", "10.", "【", "(", "see ", "See ", "cf.", "Cf.", "siehe ", "Siehe ", "vgl.", "Vgl.", ":")
"""Every citation has one of these."""
_ADDRESS = re.compile(
    r"https?://[^\s<>\"'`\]|]+|(?<![\w@/.-])(?:[a-z\d-]+\.)+(?:com|org|net|io|dev|gov|edu|eu|de|fr|uk|example)/[\w./-]+",
    re.IGNORECASE,
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+", re.IGNORECASE)
_OWN_NUMBER = (
    r"(?:^|[\s\[(#])(?:\[{0}\]|(?:source|document|doc|passage|chunk|context|result|reference)\s?#?{0}\b|{0}[.):])"
)
_FIRST = re.compile(r"^\[1\]", re.MULTILINE)
"""A text that numbers documents."""
_LONGEST_RANGE: Final = 20
_LEAST_ALIKE: Final = 6
"""First letters that words of a title have in common with those of a text."""
_DOCUMENT_NUMBER = re.compile(
    r"^(?:doc(?:ument)?|source|src|ref|chunk|passage|context|result|citation)[-_ #:.]?(\d{1,3})$", re.IGNORECASE
)


def fabricated_citations(
    answer: str, document_ids: Sequence[str], document_texts: Sequence[str], other_texts: Sequence[str] = ()
) -> tuple[Match, ...]:
    """What the answer cites and none of the documents is: `index`, `id`, `paper`, `url` or `doi`, in order of place.

    Documents are known by id (its last part counts too) and by what their texts contain; what the other texts contain (the rest of
    a prompt) is known too, and where those number the documents, only these numbers are good. Without any document there is
    nothing to compare with, and nothing is returned.
    """
    if not (document_ids or document_texts) or not _may_cite(answer):
        return ()
    prose = answer
    if "`" in answer:
        prose = _CITED_AS_CODE.sub(lambda found: found[0].replace("`", " "), prose)
        prose = _CODE.sub(lambda found: " " * len(found[0]), prose)
    cited = sorted((*_cited(prose), *_listed(prose, document_ids)), key=lambda match: match.start)
    cited = [one for one in cited if one.type != "paper" or not any(_holds(one, other) for other in cited)]
    if not cited:
        return ()
    numbered = any("[1]" in text and _FIRST.search(text) for text in other_texts)
    count = 0 if numbered else max(len(document_ids), len(document_texts))
    texts = (*document_texts, *other_texts)
    return tuple(one for one in cited if not _given(one, count, document_ids, texts))


def _holds(paper: Match, other: Match) -> bool:
    """Whether what is in the brackets is known by a form of its own."""
    return other.type != "paper" and paper.start <= other.start < paper.end


def _may_cite(answer: str) -> bool:
    return any(mark in answer for mark in _MARKS)


def _cited(prose: str) -> Iterator[Match]:
    brackets = "[" in prose
    for found in _NUMBERS.finditer(prose) if brackets or "【" in prose else ():
        for number in _expanded(found[1] or found[2]):
            yield Match("index", found.start(), found.end(), number, 0.9)
    for found in _IDS.finditer(prose) if brackets else ():
        yield Match("id", found.start(), found.end(), found[1], 0.9)
    for found in _SOURCE.finditer(prose) if "(" in prose and ":" in prose else ():
        if any(c.isdigit() for c in found[1]) or "." in found[1].strip(". "):
            yield Match("id", found.start(), found.end(), found[1].strip(), 0.8)
    for found in _TITLE.finditer(prose):
        yield Match("id", found.start(1), found.end(1), found[1], 0.8)
    for found in _ADDRESS.finditer(prose) if "/" in prose else ():
        address = (
            found[0].rstrip(".,;:!?*_)")
            if found[0].count("(") < found[0].count(")") or found[0][-1] != ")"
            else found[0]
        )
        if not _DOI.search(address):
            yield Match("url", found.start(), found.start() + len(address), address, 0.9)
    for found in _DOI.finditer(prose) if "10." in prose else ():
        yield Match("doi", found.start(), found.start() + len(found[0].rstrip(".,;)")), found[0].rstrip(".,;)]"), 0.95)

    for found in _PAPER.finditer(prose):
        place = _PLACE.search(found[1])
        title = found[1][: place.start()] if place else ""
        if found[1][:1].isupper() and _LETTERS.search(title) and not _PLACE.match(found[1]):
            yield Match("paper", found.start(1), found.end(1), title.strip(" ,;:"), 0.8)


def _listed(prose: str, document_ids: Sequence[str]) -> Iterator[Match]:
    """Ids in parts, where documents have such."""
    if not any(_PARTED.fullmatch(known) for known in document_ids):
        return
    for line in (*_LISTED.finditer(prose), *_SOURCE.finditer(prose)):
        for one in _PARTED.finditer(line[1]):
            before, after = line[1][: one.start()].rstrip(" `*"), line[1][one.end() :].lstrip(" `*.")
            if before[-1:] in ("", ",", ";") and after[:1] in ("", ",", ";"):
                yield Match("id", line.start(1) + one.start(), line.start(1) + one.end(), one[0], 0.9)


def _expanded(numbers: str) -> Iterator[str]:
    for part in re.split(r"[,;]|\]\[\^?", numbers):
        ends = [int(one) for one in re.split(r"[–-]", part)]
        if ends[-1] - ends[0] <= _LONGEST_RANGE:
            yield from (str(number) for number in range(ends[0], ends[-1] + 1))


def _given(one: Match, count: int, ids: Sequence[str], texts: Sequence[str]) -> bool:
    if one.type == "index":
        return _number_given(one.value, count, ids, texts)
    if one.type == "url":
        return _address_given(one.value, ids, texts)
    if one.type == "paper":  # by what was found it may be called otherwise; then some text has the words of its title
        named = [word.lower()[:_LEAST_ALIKE] for word in _LETTERS.findall(one.value)]
        return any(all(word in text.lower() for word in named) for text in (" ".join(ids), *texts))
    if one.type == "doi":
        return any(one.value.lower() in text.lower() for text in (*ids, *texts))
    if ordinal := _DOCUMENT_NUMBER.match(one.value):
        numbered = {int(found[1]) for known in ids if (found := _DOCUMENT_NUMBER.match(known))}
        if int(ordinal[1]) in numbered or (not numbered and _number_given(ordinal[1], count, ids, texts)):
            return True
    wanted = _bare(one.value)
    known = {_bare(known) for known in ids} | {_bare(last) for known in ids for last in re.split(r"[/:#]", known)}
    return wanted in known or any(wanted and wanted in _bare(text) for text in (*ids, *texts))


def _number_given(number: str, count: int, ids: Sequence[str], texts: Sequence[str]) -> bool:
    if 0 < int(number) <= count or number in ids or (number == "0" and count):
        return True
    own = re.compile(_OWN_NUMBER.format(number), re.IGNORECASE | re.MULTILINE)
    return any(own.search(text) for text in texts)


def _address_given(address: str, ids: Iterable[str], texts: Iterable[str]) -> bool:
    """Same address but for scheme, `www.`, fragment, query and closing slash; or one that a document's text or id has inside."""
    wanted = _plain_address(address)
    return any(wanted in _plain_address(known) for known in ids) or any(
        wanted in unquote(text).lower() for text in texts
    )


def _plain_address(address: str) -> str:
    bare = re.sub(r"^https?://(?:www\.)?", "", unquote(address).lower())
    return re.split(r"[?#]", bare, maxsplit=1)[0].rstrip("/")


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
