"""Sentences that say the opposite of one another: nearly the same words, but a figure, a denial or an opposite apart.

    sentence, text ─► clauses of the text that say nearly the same ─► the first difference that turns the meaning

Made to be silent rather than wrong: words are compared, so a contradiction in other words is not found, and one that a
condition (`only`, `unless`, `after`) may explain is let go.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Final, Literal, NamedTuple

from assay.checks.language import speaks
from assay.checks.numbers import unsupported_numbers
from assay.checks.prose import blanked, sentences
from assay.checks.quantities import Quantity, conflicts, quantities, same
from assay.checks.remembered import remembered
from assay.checks.words import DENIAL, REMEMBERED_TOKENS, WORD, Word, content, keys, plain, word, words

COVERED: Final = 0.65
"""Share of the sentence's words of content that a clause must have to be about the same."""
RELATED: Final = 0.34
"""Share of them that a clause must have for its figures to support the sentence's."""
CLEARER: Final = 0.2
"""By how much a clause that says the opposite must be nearer than any that agrees."""
ALIKE: Final = 0.8
"""Share of all words of content of two clauses of two chunks that they must have in common."""
LEAST_SHARED: Final = 2
"""Words of content that must be shared, figures and `_LOOSE` aside."""

MOST_TURNED: Final = 3
"""Words of an opposite, at most: a word, or a price with its unit."""

LEAST_ALIKE: Final = 3
"""Words of content that a clause must have to be compared between chunks."""

_MOST_FIGURES: Final = 40
"""A clause with more is a table: its figures are not compared."""

_PIECE = re.compile(
    r"[;:,–—]\s|\s(?:but|whereas|while|although|though|however|except|unless|aber|jedoch|mais|pero)\s", re.IGNORECASE
)
_AUXILIARY_DENIES = (
    r"(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|may|should)(?:n['’]t|\s(?:not|never))\b"
)
_OF_SOME = re.compile(
    rf"(?<!,\s)\b(?:that|which|who)\s{_AUXILIARY_DENIES}|"
    r"\b(?:if|when|where|whoever|unless|as long as|so long as|provided|until|as soon as)\b(?:\s\w+){0,4}?\s"
    + _AUXILIARY_DENIES
    + r"|\b(?:if|when|where|as long as|so long as|provided(?: that)?)\b(?:\s\w+){0,4}?\s(?:no|none|nothing|nobody|impossible|unable|unavailable)\b",
    re.IGNORECASE,
)
"""A denial that says which ones are meant, or when: `a bag that does not arrive`. It denies nothing of what is said. After a comma it does."""
_PROVIDED = re.compile(
    rf"\b(?:if|unless|as long as|so long as|provided)\b(?:\s\w+){{0,4}}?\s{_AUXILIARY_DENIES}", re.IGNORECASE
)
"""Says in a condition what a denial says: `provided you don't claim the commute` beside `cannot be claimed with the commute`."""
_COMPARES = re.compile(r"\b(?:not|no) (?:\w+er|more|less) than\b", re.IGNORECASE)
"""Denies nothing either: `not older than seven days`."""
_KEEPS_OUT = re.compile(
    r"\b(?:keep|kept|keeps|stay|stays|leave|leaves)\b(?:\s\w+){0,4}?\s(?:out|away|off)\b|"
    r"\b(?:must|should|has to|have to|is to|are to) be (?:avoided|excluded|left out)\b|\b(?:is|are) excluded\b",
    re.IGNORECASE,
)
"""Denies as `do not` does: `keep them out of the compost`, `must be avoided`."""
_KEEPS_OUT_MARKS = (" out", " away", " off", "avoided", "excluded")
_NOT_EVEN = re.compile(r"\bnot even\b", re.IGNORECASE)
"""Says a denial again."""
_FEW_WORDS: Final = 4
"""Words of a part of a list, at most: `calls from a ship and from a plane are never included`."""
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|may|must|will|should|shall|do|does|did|gets?|costs?|pays?|needs?|includes?|receives?|takes?|stays?|remains?|belongs?|goes|go|"
    r"ist|sind|hat|haben|kann|können|darf|dürfen|muss|müssen|wird|werden)\b|n['’]t\b",
    re.IGNORECASE,
)
"""Verbs of many sentences: what has none of them may be part of a list."""
_PAYS = re.compile(r"\b(?:pay|pays|paid|bezahlt|zahlen)\b", re.IGNORECASE)
_AND = re.compile(r"\b(?:and|or|und|oder|et|ou)\b", re.IGNORECASE)
_AT_NO_COST = re.compile(
    r"\b(?:at no (?:extra |additional )?(?:cost|charge)|no (?:cost|charge|fee)s?|without (?:cost|charge|fee)s?|free of charge|"
    r"(?:won['’]t|will not|does(?:n['’]t| not)|do(?:n['’]t| not)) (?:cost|charge|pay)(?: you| anything| a fee| extra)*|costs? (?:you )?nothing)\b",
    re.IGNORECASE,
)
_AT_NO_COST_MARKS = ("cost", "charge", "fee", "pay")
_HEDGE = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|just (?:under|over)|at (?:least|most)|more than|less than|under|over)\b|~",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"\b[A-Za-z]\w*(?:[._]\w*[A-Za-z]\w*)+\b")
"""`message.read`, `max_tokens`."""
_CODE = re.compile(r"`([^`\n]{1,60})`")
"""A name in a sentence; it is read as one."""
_REPLY = re.compile(
    r"^\W*(?:[\w ,'’]{2,40}:[*_]*\s+)?(?:no doubt(?: about (?:it|that|this))?|without (?:any |a )?doubt|no problem|no worries|yes|no|yeah|nope|sure|indeed|correct|(?:unfortunately|sadly|afraid|probably|maybe|perhaps|leider) (?:not|nicht)|ja|nein|oui|non|sí)\b\s*(?:[,.:;!–—-]\s*)+",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:only(?! \d)|unless|except|other|otherwise|after|beyond|without|until|before|if|when|more than|less than|longer|later|anymore|any more|yet|always|"
    r"necessarily|nur|außer|nach|ohne|bis|sauf|après|sans|sólo|salvo|después)\b",
    re.IGNORECASE,
)


_SAME_CONDITION = {"when": "if", "wenn": "if", "falls": "if"}
_EXCEPTIONS = frozenset(
    "only unless except other otherwise without beyond if nur außer ohne wenn sauf sans si sólo salvo sin".split()
)
"""Those of the conditions under which what a sentence says does not hold."""


class _Total(NamedTuple):
    """What knows no exception, and what stands against it."""

    said: re.Pattern[str]
    marks: tuple[str, ...]
    """Every wording has one of these, in lower case."""
    bound: re.Pattern[str]
    """What a clause that stands against it says, but for one that shares many words."""
    kinds: frozenset[str]
    """Of its figure; empty for any."""
    words: frozenset[str]
    """Keys of words that say what there is no limit of."""
    least: int
    """Words of content that they must share."""


_BOUND = re.compile(
    r"\b(?:up to|at most|no more than|not more than|maximum|limit(?:s|ed)?|may not exceed|within|höchstens|bis zu|innerhalb|au plus|jusqu['’]à|máximo|hasta)\b|\bper \w+",
    re.IGNORECASE,
)
_TOTALS = (
    _Total(
        re.compile(
            r"\b(?:no|without (?:any |an? )?|not any) ?(?:\w+ ){0,2}(?:limits?|caps?|maximum|restrictions?)\b|\bunlimited\b|\blimitless\b|"
            r"\bas (?:many|much|long|often) as you (?:like|want)\b|\bunbegrenzt\b|\billimitée?s?\b|\bilimitad[oa]s?\b",
            re.IGNORECASE,
        ),
        ("limit", "cap", "maximum", "restriction", "as you", "unbegrenzt"),
        _BOUND,
        frozenset(),
        frozenset(one.key for one in words("limit limits limited maximum cap restriction size time rate number amount length")),
        1,
    ),
    _Total(
        re.compile(
            r"\b(?:day and night|around the clock|round the clock|24/7|24 hours a day|at any (?:time|hour)|rund um die Uhr|jederzeit|à toute heure)\b",
            re.IGNORECASE,
        ),
        ("night", "clock", "24", "at any", "rund", "jederzeit", "heure"),
        re.compile(rf"{_BOUND.pattern}|\bfrom\b.{{0,20}}\b(?:to|until)\b|\b(?:between|von|de)\b", re.IGNORECASE),
        frozenset({"clock", "time"}),
        frozenset(),
        2,
    ),
    _Total(
        re.compile(
            r"\b(?:free(?: of charge)?|at no (?:cost|charge)|without (?:a )?(?:cost|charge|fee)) (?:for life|forever|for ever|always)\b|\b(?:always|forever) free\b|"
            r"\b(?:für immer|dauerhaft|lebenslang) kostenlos\b|\bgratuite?s? à vie\b|\bgratis para siempre\b",
            re.IGNORECASE,
        ),
        ("for life", "forever", "for ever", "always", "immer", "dauerhaft", "lebenslang", "à vie", "siempre"),
        re.compile(r"\b(?:costs?|price|fee|charged?|pays?|kostet|kosten|coûte|cuesta)\b", re.IGNORECASE),
        frozenset({"money eur", "money usd", "money gbp", "money chf"}),
        frozenset(one.key for one in words("free charge cost fee life always both all every")),
        1,
    ),
    _Total(
        re.compile(r"\b(?:(?:on )?the same day|immediately|instantly|right away|am selben Tag|sofort|immédiatement)\b", re.IGNORECASE),
        ("same", "immediate", "instant", "right", "selben", "sofort", "immédiate"),
        re.compile(r"\b(?:within|takes?|after|about|up to|innerhalb|dauert|sous)\b", re.IGNORECASE),
        frozenset({"time", "months"}),
        frozenset(),
        2,
    ),
)  # fmt: skip
_LOOSE = frozenset(
    found.key
    for found in words(
        "offer available possible support exist provide allow include able free charge cost pay need require every always single anyone everyone "
        "customer user person people thing way time geht gehen möglich"
    )
)
"""Keys of words that a denial often brings along; they neither make nor break the match."""
_NEVER = re.compile(
    r"\bnever\b|\bunder no circumstances\b|\bnot (?:\w+ ){0,6}at all\b|\b(?:nie|niemals)\b|\bjamais\b", re.IGNORECASE
)
"""Denies whatever the condition."""
_FREE = word("free").key
_FORBIDDING = frozenset(one.key for one in words("forbidden prohibited impossible unable denied exempt"))
"""Keys of words that deny as `not allowed` does."""
_OPPOSITES = {
    word(one).key: {word(other).key for other in others.split()}
    for left, right in (
        ("increase", "decrease"), ("required mandatory", "optional voluntary"), ("enabled", "disabled"),
        ("open opens", "closed closes shut"), ("before", "after"), ("minimum", "maximum"), ("always", "never"), ("clockwise", "anticlockwise counterclockwise"),
        ("hot", "cold"), ("include", "exclude"), ("valid", "invalid"), ("accept", "reject"), ("safe", "dangerous unsafe"),
        ("hard", "easy"), ("public", "private"), ("oldest", "newest"), ("largest", "smallest"), ("highest", "lowest"),
        ("longest", "shortest"), ("encrypted", "unencrypted"), ("permanent", "temporary"), ("legal", "illegal"), ("true", "false"),
        ("large", "small"), ("higher", "lower"), ("faster", "slower"), ("heavier", "lighter"), ("earlier", "later"), ("cheaper", "dearer"), ("north", "south"), ("east", "west"), ("win", "lose"), ("gain", "loss"), ("buy", "sell"), ("import", "export"), ("upload", "download"), ("inside", "outside"),
    )
    for lefts, rights in ((left, right), (right, left))
    for one in lefts.split()
    for others in (rights,)
}  # fmt: skip

_LASTS = {word("expire").key: (word("valid").key, word("lasts").key)}
"""What ends, and how that is said of a time that is set: `never expires`, `valid for 3 years`."""

Kind = Literal["number", "denial", "opposite"]


class Contradiction(NamedTuple):
    """What stands against what."""

    kind: Kind
    start: int
    end: int
    """Place in the first text."""
    other_start: int
    other_end: int
    """Place in the second."""
    ours: str
    """Figure or word of the first that the second has otherwise; empty for a denial."""
    theirs: str


class _Clause(NamedTuple):
    start: int
    end: int
    text: str
    keys: frozenset[str]
    """Words of content, figures aside."""
    names: frozenset[str]
    denials: int
    unclear: bool
    """Its sentence has several denials, or one in another piece: what is denied is more than words show."""
    conditions: frozenset[str]
    """Words of its sentence that bring a condition."""
    denied: str
    """Key of what a denial is said of: the first word of content after it."""
    figures: tuple[Quantity, ...]
    turning: frozenset[str]
    """Keys of words that have an opposite."""

    @property
    def denies(self) -> bool:
        return self.denials % 2 == 1


_Said = tuple[_Clause, frozenset[str], bool]


class _Clauses(NamedTuple):
    clauses: tuple[_Clause, ...]
    of_key: dict[str, list[int]]
    keys: frozenset[str]
    figures: tuple[Quantity, ...]
    """All of the text."""
    text: str


def contradicts(sentence: str, context: str) -> Contradiction | None:
    """As `first_contradiction`, of one context."""
    found = first_contradiction(sentence, (context,))
    return found[1] if found else None


def first_contradiction(sentence: str, contexts: Sequence[str]) -> tuple[int, Contradiction] | None:
    """Number of a context, and what in it says the opposite of the sentence; nothing of one in which a clause agrees as well.

    Kind `number`: the matching clause has another figure of the same unit, and no clause that is related has this one. The figure
    may well stand elsewhere in the context, about something else; `unsupported_numbers` says where it stands nowhere.
    """
    said = _said(sentence)
    least = [
        (wanted, 0.0 if total else COVERED * (len(wanted) - bool(ours.turning)) - (_FREE in wanted))
        for ours, wanted, total in said
    ]
    for at, context in enumerate(contexts) if said else ():
        has = content(context)
        # Most contexts need not be taken apart.
        for wanted, enough in least:
            if len(wanted & has) >= enough:
                found = _first_against(sentence, said, _read(plain(context)))
                if found:
                    return at, found
                break
    return None


def _first_against(sentence: str, said: Sequence[_Said], there: _Clauses) -> Contradiction | None:
    for ours, wanted, total in said:
        if total and (found := _in_total(ours, wanted, there)):
            return found
        least = COVERED * len(wanted)
        present = wanted & there.keys
        turns = any(_OPPOSITES[key] & there.keys for key in ours.turning)
        if len(present) < (COVERED * (len(wanted) - 1) if turns else least):
            continue
        related = [there.clauses[at] for at in _sharing(present, there, RELATED * len(wanted))]
        # An opposite is no shared word; more words than `MOST_TURNED` it never has.
        least = min(least, COVERED * (len(wanted) - MOST_TURNED))
        figures = [figure for clause in related for figure in clause.figures] if ours.figures else []
        near = []
        for clause in related:
            if len(wanted & clause.keys) < least:
                continue
            found = _against(ours, clause, figures)
            turned = {one.key for one in words(found.ours)} if found and found.kind == "opposite" else frozenset()
            share = len(wanted & clause.keys) / len(wanted - turned or wanted)
            if share >= COVERED:
                near.append((share, clause, found))
        agreeing = max(
            (
                share
                for share, clause, found in near
                if not found and ours.denies == clause.denies and (not ours.denied or ours.denied in clause.keys)
            ),
            default=0.0,
        )
        for share, clause, found in sorted(near, key=lambda one: -one[0]):
            # That no clause about the same has the figure is known; a denial or an opposite needs to be nearer than what agrees.
            if found and found.kind == "number":
                if unsupported_numbers(sentence, [clause.text for clause in related]):
                    return found
            elif (
                found
                and share > agreeing + CLEARER
                and not (found.kind == "denial" and any(_is_nearer(one, clause, ours, wanted) for one in related))
                and not (found.kind == "denial" and _is_another_case(ours, clause, there))
                and not (found.kind == "denial" and clause.denies and _PROVIDED.search(ours.text))
                and not (found.kind == "opposite" and found.theirs.lower() in sentence.lower().split())  # it says both
            ):
                return found
    return None


def _is_another_case(ours: _Clause, clause: _Clause, there: _Clauses) -> bool:
    """Whether what is denied is said of a figure (`below $20`) that the clause does not have and another one has."""
    return any(
        not any(same(one, other) for other in clause.figures) and any(same(one, other) for other in there.figures)
        for one in ours.figures
    ) or any(
        one.search(ours.text) and (one.search(there.text) or other.search(clause.text)) for one, other in _SAME_DENIED
    )


_SAME_DENIED = (
    (
        re.compile(r"\bno limit", re.IGNORECASE),
        re.compile(r"\b(?:unlimited|limitless|unrestricted|unbegrenzt|illimité|ilimitad|illimitat)", re.IGNORECASE),
    ),
    (
        re.compile(r"\b(?:(?:pays?|costs?) (?:you )?nothing|no (?:extra )?(?:charge|cost|fee))\b", re.IGNORECASE),
        re.compile(r"\bfree\b", re.IGNORECASE),
    ),
)
"""Denials, and words that mean them."""


def _is_nearer(clause: _Clause, other: _Clause, ours: _Clause, wanted: frozenset[str]) -> bool:
    """Whether a clause says the same as ours of something that the other one does not speak of (`outside the EU`)."""
    shared = wanted & clause.keys
    return clause.denies == ours.denies and len(shared) >= LEAST_SHARED and bool(shared - other.keys)


def contradiction_between(chunk: str, other: str) -> Contradiction | None:
    """A clause of one chunk against a clause of the other that differs in a figure, a denial or an opposite and in no name."""
    chunk, other = plain(chunk), plain(other)
    if chunk == other:
        return None
    there = _read(other)
    texts = {clause.text.lower() for clause in there.clauses}
    for ours in _read(chunk).clauses:
        wanted = ours.keys - _LOOSE
        if len(ours.keys) < LEAST_ALIKE or len(wanted) < LEAST_SHARED or ours.text.lower() in texts:
            continue
        for at in _sharing(wanted & there.keys, there, COVERED * len(wanted)):
            theirs = there.clauses[at]
            units = {key for figure in (*ours.figures, *theirs.figures) for key in keys(figure.text)}
            left, right = ours.keys - _LOOSE - units, theirs.keys - _LOOSE - units
            if len(left & right) >= ALIKE * len(left | right) and ours.names == theirs.names:
                found = _figures_differ(ours, theirs) or _against(ours, theirs, there.figures)
                if found and not _agreed(ours, there):
                    return found
    return None


def _in_total(ours: _Clause, wanted: frozenset[str], there: _Clauses) -> Contradiction | None:
    """`no limit`, `at any time`, `on the same day`, where a clause about the same has a limit, hours, or days."""
    for total in _TOTALS:
        said = _says_total(total, ours.text)
        if not said or any(total.said.search(clause.text) for clause in there.clauses):
            continue
        subject = wanted - total.words - keys(said[0])
        for at in _sharing(subject, there, len(subject)) if subject else ():
            theirs = there.clauses[at]
            figure = next((one for one in theirs.figures if not total.kinds or one.kind in total.kinds), None)
            bound = total.bound.search(theirs.text) or len(subject) >= LEAST_ALIKE
            if figure and bound and len(subject) >= total.least and not theirs.denies and not ours.figures:
                return _found("opposite", ours, theirs, said[0], figure.text)
    return None


_TOTAL_MARKS = tuple(dict.fromkeys(mark for total in _TOTALS for mark in total.marks))


def _may_say_total(lower: str) -> bool:
    return any(mark in lower for mark in _TOTAL_MARKS)


def _says_total(total: _Total, text: str) -> re.Match[str] | None:
    lower = text.lower()
    return total.said.search(text) if any(mark in lower for mark in total.marks) else None


def _agreed(ours: _Clause, there: _Clauses) -> bool:
    """Whether the other chunk has all figures of the clause somewhere: then the two list several cases."""
    return bool(ours.figures) and all(any(same(one, other) for other in there.figures) for one in ours.figures)


def _figures_differ(ours: _Clause, theirs: _Clause) -> Contradiction | None:
    """One figure each that the other has not, in clauses with as many figures: units may differ too (`weeks`, `months`)."""
    left = [one for one in ours.figures if not any(same(one, other) for other in theirs.figures)]
    right = [one for one in theirs.figures if not any(same(one, other) for other in ours.figures)]
    if left and right and len(ours.figures) == len(theirs.figures):
        return _found("number", ours, theirs, left[0].text, right[0].text)
    return None


def _against(ours: _Clause, theirs: _Clause, known: Sequence[Quantity]) -> Contradiction | None:
    others = ours.names - theirs.names and theirs.names - ours.names
    for figure in () if others else ours.figures:
        rivals = [other for other in theirs.figures if conflicts(figure, other)]
        if any(same(one, other) for one in ours.figures for other in rivals):
            continue
        if rivals and not any(same(figure, other) for other in known) and not _HEDGE.search(ours.text):
            return _found("number", ours, theirs, figure.text, rivals[0].text)
    if ours.denies != theirs.denies:
        code, other_code = _IDENTIFIER.findall(ours.text), _IDENTIFIER.findall(theirs.text)
        if code and other_code and set(code).isdisjoint(other_code):
            return None
        denying, other = (ours, theirs) if ours.denies else (theirs, ours)
        if denying.denied and not other.keys & {denying.denied, *_LASTS.get(denying.denied, ())}:
            return None  # something else is denied
        never = denying is ours and _NEVER.search(ours.text)
        differ = denying.conditions - other.conditions or (other.conditions - denying.conditions) & _EXCEPTIONS
        unclear = ours.unclear or theirs.unclear or differ
        return None if unclear and not never else _found("denial", ours, theirs, "", "")
    if others:
        return None
    for free, costs in ((ours, theirs), (theirs, ours)):
        if _FREE not in free.keys or _FREE in costs.keys:
            continue
        side = next((one for one in _AND.split(free.text) if _FREE in keys(one)), free.text)
        if len(_AND.split(free.text)) > 1 and not (keys(side) - {_FREE}) & costs.keys:
            continue  # something else is free
        price = next((figure.text for figure in costs.figures if figure.kind.startswith(("money", "percent"))), "")
        price = price or (found[0] if not costs.denials and (found := _PAYS.search(costs.text)) else "")
        if price and not any(one.kind.startswith("money") for one in free.figures):
            both = (_spoken(free.text, _FREE), price)
            left, right = both if free is ours else both[::-1]
            return None if _CONDITION.search(free.text) else _found("opposite", ours, theirs, left, right)
    if any(same(one, other) for one in ours.figures if one.kind == "clock" for other in theirs.figures):
        return None  # it shuts when it is open no longer
    for key in sorted(ours.turning - theirs.keys) if ours.turning and theirs.turning else ():
        turned = _OPPOSITES[key] & (theirs.keys - ours.keys)
        if turned:
            return _found("opposite", ours, theirs, _spoken(ours.text, key), _spoken(theirs.text, min(turned)))
    return None


def _found(kind: Kind, ours: _Clause, theirs: _Clause, left: str, right: str) -> Contradiction:
    return Contradiction(kind, ours.start, ours.end, theirs.start, theirs.end, left, right)


def _spoken(text: str, key: str) -> str:
    return next((token for token in WORD.findall(text) if word(token).key == key), key)


def _sharing(wanted: frozenset[str], there: _Clauses, least: float) -> list[int]:
    """Clauses with so many of the words, in order."""
    counts: dict[int, int] = {}
    for key in wanted:
        for at in there.of_key.get(key, ()):
            counts[at] = counts.get(at, 0) + 1
    return sorted([at for at, count in counts.items() if count >= least])


@remembered(1_000_000)
def _said(sentence: str) -> tuple[_Said, ...]:
    """Clauses of a sentence with the words that are looked for, and whether they know no exception; one is held against many texts."""
    prose = _REPLY.sub(lambda found: " " * len(found[0]), blanked(_CODE.sub(r" \1 ", sentence)))
    found = (
        (ours, ours.keys - _LOOSE - keys(" ".join([figure.text for figure in ours.figures])))
        for ours in _split(prose, pieces_only=True)
    )
    return tuple(
        (ours, wanted, _may_say_total(ours.text.lower()) and any(_says_total(one, ours.text) for one in _TOTALS))
        for ours, wanted in found
        if len(wanted) >= LEAST_SHARED
    )


@remembered(2_000_000)
def _read(text: str) -> _Clauses:
    prose = blanked(text)
    clauses = tuple(_split(prose))
    of_key: dict[str, list[int]] = {}
    for at, clause in enumerate(clauses):
        for key in clause.keys:
            of_key.setdefault(key, []).append(at)
    return _Clauses(clauses, of_key, frozenset(of_key), quantities(prose), prose)


def _split(prose: str, *, pieces_only: bool = False) -> Iterator[_Clause]:
    """Sentences, and the pieces of those that have several; a denial in one piece does not speak for the others."""
    for start, end in sentences(prose):
        whole = _clause(prose, start, end)
        unclear = whole.denials > 1
        conditions = frozenset(
            _SAME_CONDITION.get(one, one) for one in map(str.lower, _CONDITION.findall(prose, start, end))
        )
        cuts = [start, *(cut.end() for cut in _PIECE.finditer(prose, start, end)), end]
        pieces = [_clause(prose, first, last) for first, last in pairwise(cuts)] if len(cuts) > 2 else []
        if not (pieces and pieces_only and whole.denies):
            yield whole._replace(unclear=unclear or _mixed(whole, pieces), conditions=conditions)
        for piece in pieces:
            elsewhere = whole.denials > piece.denials and not (piece.denials == 1 and _FINITE.search(piece.text))
            yield piece._replace(unclear=elsewhere or piece.denials > 1 or _mixed(piece, ()), conditions=conditions)


def _mixed(clause: _Clause, pieces: Sequence[_Clause]) -> bool:
    """Whether it denies one of several things: in one of its pieces, or on one side of an `and`."""
    if not clause.denials:
        return False
    if any(not piece.denials for piece in pieces):
        return True
    sides = [(words(side), _shares_its_verb(side)) for side in _AND.split(clause.text)]
    denying = [any(one.mood & DENIAL or one.key in _FORBIDDING for one in said) for said, _ in sides]
    # `sweets and drinks are not sold`, `not on Sundays and public holidays`; but not `in the cabin and never in the hold`.
    is_adjunct = any(denies and shares for denies, (_, shares) in zip(denying, sides, strict=True))
    return any(
        not denies and (is_adjunct or not shares) and sum(map(_says, said)) >= LEAST_SHARED
        for denies, (said, shares) in zip(denying, sides, strict=True)
    )


def _shares_its_verb(side: str) -> bool:
    """Whether one side of an `and` is only part of a list, as far as words show it."""
    return side.count(" ") <= _FEW_WORDS and not _FINITE.search(side) and not quantities(side)


_LACK = re.compile(r"\b(?:loss|lack|absence|outage) of\b", re.IGNORECASE)
"""`Loss of heating` is no heating."""


_IN_THE = re.compile(r"\bno\b", re.IGNORECASE)
"""Portuguese: `no Giga` denies nothing."""


def _clause(prose: str, start: int, end: int) -> _Clause:
    text = prose[start:end]
    lower = text.lower()
    figures = quantities(text)
    said = _AT_NO_COST.sub(" free ", text) if any(mark in lower for mark in _AT_NO_COST_MARKS) else text
    said = _LACK.sub("no", said) if " of " in lower else said
    said = _IN_THE.sub("em", said) if "no " in lower and speaks(text, "pt") else said
    parts = list(map(_part, said.split()))
    says = frozenset(chain.from_iterable([part[0] for part in parts]))
    denials = sum([part[1] for part in parts])
    denials += len(_KEEPS_OUT.findall(text)) if any(mark in lower for mark in _KEEPS_OUT_MARKS) else 0
    if denials:
        denials -= len(_OF_SOME.findall(text)) + len(_COMPARES.findall(text))
        denials = max(denials - (len(_NOT_EVEN.findall(text)) if denials > 1 else 0), 0)
    return _Clause(
        start, end, text, says, _names(text), denials, False, frozenset(), _denied(words(said)) if denials else "",
        figures if len(figures) <= _MOST_FIGURES else (),
        says & _OPPOSITES.keys(),
    )  # fmt: skip


@remembered(REMEMBERED_TOKENS)
def _part(chunk: str) -> tuple[tuple[str, ...], int]:
    """Keys of content of what stands between two spaces, and how many of its words deny."""
    found = words(chunk)
    says = tuple(one.key for one in found if _says(one) and one.key not in _FORBIDDING)
    return says, sum(1 for one in found if one.mood & DENIAL or one.key in _FORBIDDING)


def _says(one: Word) -> bool:
    """Whether a word is one of content, and no figure."""
    return bool(one.key) and not one.key[0].isdigit() and not one.mood & DENIAL


def _denied(found: Sequence[Word]) -> str:
    """Key of the first word of content after a denial; empty where that says little (`not possible`): then all is denied."""
    after = False
    for one in found:
        if after and _says(one):
            return "" if one.key in _LOOSE else one.key
        after = after or bool(one.mood & DENIAL)
    return ""


_NAMELESS = re.compile(r"[^A-Z0-9]*")
"""A text of ASCII without capitals and digits."""


def _names(text: str) -> frozenset[str]:
    """Capitalised words but for the first, acronyms and single capitals, codes."""
    if text.isascii() and _NAMELESS.fullmatch(text):
        return frozenset()
    found = set()
    for at, one in enumerate(WORD.findall(text)):
        named = _named(one)
        if named == "always" or (named == "inside" and at):
            found.add(one)
    return frozenset(found)


@remembered(2_000_000)
def _named(token: str) -> Literal["always", "inside", "never"]:
    """Whether a word is a name wherever it stands, inside of a sentence, or never."""
    if token[0].isalpha() and any(c.isdigit() for c in token):
        return "always"
    if not token[0].isupper() or token in ("I", "A"):
        return "never"
    return "always" if token.isupper() else "inside"
