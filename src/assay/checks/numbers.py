"""Which numbers and dates of an answer have no support in what it rests on.

answer, contexts ─► quantities of the answer that no context has, rounds to, or adds up to
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from assay.checks.arithmetic import derived, fractions, reckoned
from assay.checks.calculations import SMALL, miscalculated
from assay.checks.prose import blanked, sentence_at
from assay.checks.quantities import UNITS, Quantity, close, quantities, same
from assay.checks.records import with_units
from assay.checks.remembered import remembered
from assay.checks.words import is_plain, plain
from assay.checks.worked_out import of_the_other_half, worked_out

_HEDGE = re.compile(
    r"(?:about|around|approximately|roughly|nearly|almost|over|more than|less than|under|up to|some|circa|ca\.|~|≈)\s*[$€£]?$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s?(?:\w+\s)?(?:ways?|steps?|options?|things?|reasons?|points?|parts?|types?|kinds?|categories|items?|methods?|factors?|sections?|examples?|tips?)\b",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"^[ \t]*[(\[#]?(\d{1,3})[.)\]:](?=\s)", re.MULTILINE)
_ENDS_LIST_NUMBER = re.compile(r"\d[.)\]:]\s")
MOST_CLAIMED: Final = 300
"""Figures of one answer that are looked at, from its beginning: each is looked for in every text."""
_LEAST_QUOTED = 8
"""Characters of a line that is a quotation where a text has it whole."""
_GLUE = frozenset(".,:/-_$€£")
"""What makes digits on either side of it one figure."""
_EXACT = frozenset({"date", "clock", "version"})
"""Kinds that are not reckoned with."""


def unsupported_numbers(answer: str, contexts: Sequence[str], question: str = "") -> tuple[Quantity, ...]:
    """Numbers and dates of the answer that neither the contexts nor the question have.

    A rounded figure is supported by the exact one, and so is a sum, difference, double or complement to 100 % that is said to be
    one or stands beside its parts. Small counts in words, list numbers, citations, code and addresses are no claims. The first
    `MOST_CLAIMED` figures are looked at.
    """
    prose = blanked(answer)
    claimed = quantities(prose)[:MOST_CLAIMED]
    if not claimed:
        return ()
    there = {figure: any(_has_verbatim(figure, text) for text in contexts) for figure in {one.text for one in claimed}}
    claimed = tuple(one for one in claimed if not there[one.text])
    if not claimed:
        return ()
    doubted, wrong = claimed, miscalculated(prose)
    supposing = _SUPPOSING.search(prose) is not None
    texts = [_unnumbered(text) for text in contexts]
    asked = quantities(plain(question))
    # Most figures stand in one of the first texts; the others are read where one does not.
    claimed = tuple(
        one
        for one in claimed
        if not _counts(one, prose)
        and not any(same(one, other) for other in asked)
        and not any(same(one, other) for text in texts for other in quantities(text))
    )
    claimed = tuple(one for one in claimed if not _is_quoted(one, prose, contexts))
    if not claimed and not wrong:
        return ()
    known = [one for text in texts for one in quantities(text)]
    left = tuple(
        one
        for one in claimed
        if not any(
            _follows(read, prose, texts, known, asked) or reckoned(read, prose, texts, known, question)
            for read in _readings(one, prose, asked)
        )
        and not of_the_other_half(one, texts, known)
    )
    found = worked_out(left, claimed, prose, texts, known, question) if left else ()
    left = tuple(one for one in left if one.start not in found)
    if left and supposing:
        left = tuple(one for one in left if not _belongs_to_example(one, left, claimed, prose, contexts, question))
    return tuple(one for one in doubted if one.start in wrong or one in left)


_FINITE = (
    r"\b(?:is|are|was|were|costs?|has|have|had|can|must|will|gets?|pays?|applies|apply|starts?|ends?|ist|sind|kostet|kosten|hat|haben|kann|muss|gilt|est|sont|coûtent?|"
    r"es|son|cuestan?|è|sono|costano?|são|custam?)\b"
)
_WOULD = (
    r"(?:\b(?:would|makes|means|comes\sto|wären?|würden?|kämen?|macht|serai(?:t|ent)|coûterai(?:t|ent)|ferait|serían?|costarían?|sarebbe(?:ro)?|costerebbe(?:ro)?|verrebbe|"
    r"seriam?|custariam?|zou(?:den)?|byłoby|wyniósłby)\b|['’]d\s(?:be|pay|get|need|have)\b)"
)
_SUPPOSES = re.compile(
    rf"(?:so,?\s|then,?\s|also\s|dann\s)?(?:(?:if|suppose|assuming|wenn|falls|angenommen|si|se|als|jeśli)\b.{{0,120}}?|(?:(?!{_FINITE}).){{0,120}}?){_WOULD}",
    re.IGNORECASE | re.DOTALL,
)
"""The beginning of a sentence that reckons with a case of its own: `A car at 48,000 euros would`, `Bei 40 m³ im Jahr wären das`."""
_NAMES_EXAMPLE = re.compile(
    r"比如|例如|譬如|例えば|たとえば|예를 들어|\b(?:on|for|with) an?\s[$€£]?\d[^.,\n]{0,40},\s(?:that['’]s|that is|that makes|it['’]s|you (?:get|pay|save))\b|\b(?:for (?:example|instance)|zum Beispiel|beispielsweise|par exemple|(?:por|per|ad) (?:ejemplo|exemplo|esempio)|bijvoorbeeld|na przykład|let['’]s say)\b|\be\.\s?g\.|\bz\.\s?B\.",
    re.IGNORECASE,
)
LONGEST_EXAMPLE: Final = 400
"""Characters of a sentence."""
_SUPPOSING = re.compile(f"{_WOULD}|{_NAMES_EXAMPLE.pattern}", re.IGNORECASE)
_CAUSE = re.compile(r"[;:–—]\s")


def reckons_through(sentence: str) -> bool:
    """Whether a sentence reckons through a case that the answer makes up."""
    return bool(_SUPPOSES.match(sentence) or _NAMES_EXAMPLE.search(sentence)) and len(quantities(sentence)) > 1


def _belongs_to_example(
    one: Quantity,
    left: Sequence[Quantity],
    claimed: Sequence[Quantity],
    prose: str,
    contexts: Sequence[str],
    question: str,
) -> bool:
    """Whether a figure stands in an example that the answer makes up and reckons through: then its first figure is given, and the
    others have to follow from that."""
    start, end = sentence_at(prose, one.start)
    text = prose[start:end]
    if len(text) > LONGEST_EXAMPLE:
        return False
    cuts = [0, *(cut.end() for cut in _CAUSE.finditer(text) if cut.end() <= one.start - start)]
    supposed = next((found for at in reversed(cuts) if (found := _SUPPOSES.match(text, at))), None)
    if not supposed and not _NAMES_EXAMPLE.search(text):
        return False
    beside = [q for q in claimed if start <= q.start < end and (not supposed or q.start - start >= supposed.start())]
    told = quantities(text)
    if (
        not beside
        or len(told) < 2
        or (len(beside) == 1 and beside[0].start - start != told[0].start)
        or (supposed and beside[0].start - start >= supposed.end())
    ):
        return False
    given = f"{question} {text[: beside[0].end - start]}"
    before = () if any(other.start < start for other in left) else (prose[:start],)
    return not unsupported_numbers(text[beside[0].end - start :], (*contexts, *before), given)


def _readings(one: Quantity, prose: str, asked: Sequence[Quantity]) -> Iterator[Quantity]:
    """A figure, and a bare one as of the currencies and periods that its sentence and the question have: `71 euros, so 35.50 a head`."""
    yield one
    if not one.kind and one.form == "digits":
        start, end = sentence_at(prose, one.start)
        beside = (q for q in quantities(prose) if start <= q.start < end)
        units = {
            (q.kind, q.factor) for q in (*beside, *asked) if q.kind.startswith(("money", "time", "months", "nights"))
        }
        for kind, factor in sorted(units):
            values = tuple(v * factor for v in one.values if isinstance(v, float))
            yield one._replace(kind=kind, values=values, factor=factor)


def _is_quoted(one: Quantity, prose: str, contexts: Sequence[str]) -> bool:
    """Whether its whole line stands in a text: a row of a table, a log."""
    ends = prose.find("\n", one.end)
    line = prose[prose.rfind("\n", 0, one.start) + 1 : ends if ends >= 0 else len(prose)].strip()
    return len(line) >= _LEAST_QUOTED and any(line in text for text in contexts)


def stands_in(one: Quantity, text: str) -> bool:
    """Whether a text has a figure, written in whatever way."""
    if _has_verbatim(one.text, text):
        return True
    if any(same(one, other) for other in quantities(_unnumbered(text))):
        return True
    says_one = _says_one(one)
    return says_one is not None and says_one.search(text) is not None


def _has_verbatim(figure: str, text: str) -> bool:
    """Whether the figure stands in the text as it is; most texts have nothing like it, and are not made ready for it."""
    return (figure in text or not is_plain(text)) and _verbatim(figure, _unnumbered(text))


@remembered(4_000_000)
def _unnumbered(text: str) -> str:
    """The text without the numbers of its lists (`1.`, `[2]` at the beginning of lines that count on): they support no figure."""
    text = with_units(plain(text))
    if len(_ENDS_LIST_NUMBER.findall(text)) < 2:
        return text
    marks = list(_LIST_NUMBER.finditer(text))
    if len(marks) < 2:
        return text
    numbers = {int(mark[1]) for mark in marks}
    counting = [mark for mark in marks if int(mark[1]) + 1 in numbers or int(mark[1]) - 1 in numbers]
    pieces, done = [], 0
    for mark in counting:
        pieces += [text[done : mark.start(1)], " " * len(mark[1])]
        done = mark.end(1)
    return "".join((*pieces, text[done:]))


def _verbatim(figure: str, text: str) -> bool:
    """Whether the figure stands in the text as it is, and not inside another; most do, and the text need not be read for it."""
    at = text.find(figure)
    while at >= 0:
        before, after = text[max(at - 2, 0) : at], text[at + len(figure) : at + len(figure) + 2]
        apart = not (before[-1:].isalnum() or before[-1:] in _GLUE) or (
            before[-1:] in "x×" and not before[:-1].isalnum()
        )
        if apart and not (after[:1].isalnum() or (after[:1] in _GLUE and after[1:].isdigit())):
            return True
        at = text.find(figure, at + 1)
    return False


def _counts(one: Quantity, prose: str) -> bool:
    """Whether it numbers or counts the answer's own list, says how often something is taken, or belongs to an example."""
    start, end = sentence_at(prose, one.start)
    if _EXAMPLE.match(prose, start) or (
        not one.kind and end < len(prose) and prose[start:end].strip("().:#*") == one.text
    ):
        return True
    if one.form == "words" and one.values == (one.factor,) and _ONE_MORE.match(one.text):
        return True
    value = one.values[0]
    if not one.kind and one.text.isdigit() and _lists(prose, one.end, end) == value:
        return True
    if value == 24 and prose.startswith("/7", one.end):
        return True  # always
    if one.kind or isinstance(value, tuple) or value > SMALL:
        return False
    return (
        not value
        or one.form == "words"
        or _COUNTED.match(prose, one.end) is not None
        or _TIMES.match(prose, one.end) is not None
        or _TIMES_BEFORE.search(prose, max(0, one.start - 4), one.start) is not None
    )


_ONE_MORE = re.compile(r"one\s(?:more|extra|additional|further)\b", re.IGNORECASE)
_OPENS = re.compile(r"[^.,;:()\n]{0,40}(?:\(|:\s)")
_SEPARATES = re.compile(r",\s(?:and\s|und\s)?|;\s|\s(?:and|und|et|e|y|en|i)\s")


def _lists(prose: str, at: int, end: int) -> int:
    """How many entries the list behind a figure has, in brackets or behind a colon: `4 failures (02:11, 02:12, 02:15, 02:20)`."""
    opens = _OPENS.match(prose, at, end)
    if not opens:
        return 0
    closes = prose.find(")", opens.end()) if opens[0].endswith("(") else end
    entries = _SEPARATES.split(prose[opens.end() : closes if closes >= 0 else end])
    return len(entries) if len(entries) > 1 else 0


def _follows(
    one: Quantity, prose: str, texts: Sequence[str], known: Sequence[Quantity], asked: Sequence[Quantity]
) -> bool:
    """Whether the quantity can be had from others by rounding or simple arithmetic."""
    if one.kind in _EXACT:
        return False
    if _in_other_words(one, prose, texts, known):
        return True
    hedged = _HEDGE.search(prose, max(0, one.start - 16), one.start) is not None
    return any(_rounded(one, other, hedged=hedged) for other in known) or derived(one, prose, known, asked)


def _in_other_words(one: Quantity, prose: str, texts: Sequence[str], known: Sequence[Quantity]) -> bool:
    """`50 %` for half, `7 days` for a week, `1.5 ×` for 150 percent, `three quarters` for 75 percent."""
    if one.kind.startswith("money") and one.factor == 0.01 and _OF_EACH.match(prose, one.end):
        return any(100 * a == b for a in one.values for q in known if q.kind == "percent" for b in q.values)
    if one.kind == "percent":
        return any(100 * part in one.values for part in fractions(texts, ()))
    if (part := _QUARTERS.get(one.text.lower())) and any(part in q.values for q in known if q.kind == "percent"):
        return True
    if not one.kind:
        if one.text.isdigit() and any(_is_of_score(one.text, text) for text in texts):
            return True
        if _TIMES.match(prose, one.end) and not fractions(texts, ()).isdisjoint(one.values):
            return True
        percents = {v for other in known if other.kind == "percent" for v in other.values if isinstance(v, float)}
        return _TIMES.match(prose, one.end) is not None and any(
            close(100 * v, percent) for v in one.values if isinstance(v, float) for percent in percents
        )
    if one.kind in ("time", "months") and any(_SHORT.search(text) for text in texts):
        spans = {(int(found[1]), found[2]) for text in texts for found in _SHORT.finditer(text)}
        if any(
            float(number * _SHORT_UNITS[unit][1]) in one.values
            for number, unit in spans
            if _SHORT_UNITS[unit][0] == one.kind
        ):
            return True
    says_one = _says_one(one)
    return says_one is not None and any(says_one.search(text) for text in texts)


_SHORT = re.compile(r"(?<![\w.,])(\d{1,4})([mdwy])(?!\w)")
"""How parameters write a time: `30m`, which `quantities` takes for metres."""
_SHORT_UNITS = {"m": ("time", 60), "d": ("time", 86_400), "w": ("time", 604_800), "y": ("months", 12)}
_SCORED = re.compile(
    r"\b(?:goals?|won|lost|drawn?|scored?|points?|match(?:es)?|tore|gewonnen|buts?|goles|gol|reti|bramki|sets?)\b",
    re.IGNORECASE,
)


def _is_of_score(figure: str, text: str) -> bool:
    """Either side of a score: `goals 34:13`."""
    return re.search(rf"(?<![\d:])(?:{figure}:\d{{1,3}}|\d{{1,3}}:{figure})(?![\d:])", text) is not None and (
        _SCORED.search(text) is not None
    )


def _says_one(one: Quantity) -> re.Pattern[str] | None:
    """`a week` for 7 days."""
    units = [
        unit
        for unit, (kind, factor) in UNITS.items()
        if kind == one.kind and factor in one.values and unit.isalpha() and len(unit) > 2
    ]
    one_of_them = rf"\b(?:an?|per|each|every|one|the|last|eine?[rnms]?|une?|una?)\s(?:{'|'.join(units)})\b"
    return re.compile(one_of_them, re.IGNORECASE) if units else None


_OF_EACH = re.compile(
    r"\s(?:of|in|from|out of|per|von|de|di|van)\s(?:each|every|the|a|one|jedem|chaque|cada|ogni|elke)\s(?:dollar|euro|pound)\b",
    re.IGNORECASE,
)
"""Behind cents: percent."""
_QUARTERS = {"one quarter": 25.0, "two quarters": 50.0, "three quarters": 75.0}
_TIMES = re.compile(r"\s?(?:[×x*]|times\b)")
_TIMES_BEFORE = re.compile(r"[×x*÷/]\s?\(?\Z")
_EXAMPLE = re.compile(
    r"\W*(?:(?:(?:for |as an? )?(?:example|instance)|suppose|(?:zum )?beispiel|(?:par )?exemple|(?:por )?ejemplo|(?:ad |per )?esempio|(?:bij)?voorbeeld|(?:por )?exemplo)\b|e\.g\.|z\. ?b\.|say,)",
    re.IGNORECASE,
)
"""What such a sentence supposes is no claim."""


def _rounded(one: Quantity, other: Quantity, *, hedged: bool) -> bool:
    if one.kind and other.kind and one.kind != other.kind:
        return False
    in_unit_of = one if one.kind == other.kind else other
    for a in one.values:
        for b in other.values:
            if isinstance(a, tuple) or isinstance(b, tuple) or not a or not b:
                continue
            x, y = a / one.factor, b / in_unit_of.factor
            digits = len(f"{x:.10g}".replace(".", "").strip("0"))
            if digits >= (1 if hedged else 2) and x != y and float(f"{y:.{digits}g}") == x:
                return True
    return False
