"""Whether a chunk is text that a reader, or a model, can make anything of.

text ─► signs of no script · marks of a broken encoding · remains of a file format · words that are none ─► why it cannot be read, or nothing

Source code, tables with words and every script are text. What a parser leaves behind is not: replacement characters, mojibake,
encoded bytes, rulings and tags without words.
"""

import re
from typing import Final, NamedTuple

from assay.checks.remembered import remembered

LEAST_CHARACTERS: Final = 40
"""Shorter texts say too little about themselves, unless they have hardly a sign of any script."""

# UTF-8 that was read as Latin-1 or Windows-1252: https://www.w3.org/International/questions/qa-utf8-mojibake
_MOJIBAKE = re.compile(r"[ÃÂ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ¡-¿]?|â€[\x80-\xbf™œ“”¢¦]?|¤|�")
_SIGNLESS = re.compile(
    r"(?:\(cid:\d{1,6}\)|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u25a0\u25a1\u25af\ue000-\uf8ff\ufffc\ufffd\U000f0000-\U0010fffd])+"
)
"""What has no meaning outside of the font or the file that it comes from: controls, characters for private use, replacement
characters, the boxes that are drawn instead of signs, numbers of glyphs (https://pdfminersix.readthedocs.io/en/latest/faq.html)."""
LEAST_SIGNLESS: Final = 8
"""Characters of it; a form has a few boxes, a page a few icons of a font."""
_PDF = re.compile(r"%PDF-\d|\bendobj\b|\bendstream\b|/Type\s*/Page\b|\bxref\b|[)>]\s?Tj\b|/F\d+ \d+ Tf\b|\d Td\b")
_PDF_MARKS = ("%PDF-", "endobj", "endstream", "/Type", "xref", "Tj", "Tf", "Td")
_NO_VALUE = re.compile(r"\b(?:NaN|null|None|undefined)\b")
MOST_EMPTY: Final = 5
"""Cells without a value in a text; more say that a table was read where none is."""
_TAG = re.compile(r"<[^<>]{1,200}>|&[a-z]{2,8};|&#\d{1,6};")
LEAST_ENCODED: Final = 100
"""Characters of a run without a space that may be encoded bytes."""
_ENCODED = re.compile(rf"(?<![\w+/])[A-Za-z0-9+/_-]{{{LEAST_ENCODED},}}={{0,2}}(?![\w+/])")
_WORD = re.compile(r"[^\W\d_]+")
_VOWEL = re.compile(r"[aeiouyäöüáàâéèêëíìîïóòôúùûåæøœ]", re.IGNORECASE)
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}", re.IGNORECASE)


@remembered(4_000_000)
def unreadable(text: str) -> str:
    """Why the text is no readable text, in a few words; empty where it is."""
    size = len(text)
    signless = sum([len(found) for found in _SIGNLESS.findall(text)])
    if signless >= max(LEAST_SIGNLESS, 0.4 * sum(map(len, text.split()))):
        return f"{signless} of {size} characters are signs of no script"
    if size < LEAST_CHARACTERS:
        return ""
    bad = 0 if text.isascii() else sum(len(found) for found in _MOJIBAKE.findall(text))
    if bad >= max(6, 0.04 * size):
        return f"{bad} of {size} characters come from a broken encoding"
    if any(mark in text for mark in _PDF_MARKS) and len(_PDF.findall(text)) >= 2:
        return "raw PDF instead of its text"
    if max(map(len, text.split()), default=0) >= LEAST_ENCODED:
        encoded = sum(len(found) for found in _ENCODED.findall(text))
        if encoded > 0.6 * size:
            return "encoded bytes instead of text"
    if len(_NO_VALUE.findall(text)) > MOST_EMPTY:
        text = _NO_VALUE.sub(" ", text)
    bare = _TAG.sub(" ", text) if "<" in text or "&" in text else text
    spelt = list(map(_spelt, bare.split()))
    letters = sum([one.letters for one in spelt])
    # A table of HTML is no ruling: its cells have words.
    if letters < 0.2 * (size if letters < LEAST_CHARACTERS else len(bare.strip())):
        return f"letters are {letters} of {size} characters"
    telling, mute, single = (sum(counts) for counts in zip(*[one[1:] for one in spelt], strict=True))
    if telling >= 12 and (mute > 0.4 * telling or mute + single > 0.65 * telling):
        return "most words are no words"
    return ""


class _Spelt(NamedTuple):
    """How much of what stands between two spaces are words."""

    letters: int
    telling: int
    """Words of ASCII, short ones in capitals aside."""
    mute: int
    """Of those, words that cannot be spoken."""
    single: int
    """Single letters."""


@remembered(2_000_000)
def _spelt(chunk: str) -> _Spelt:
    words = _WORD.findall(chunk)
    telling = [word for word in words if word.isascii() and not (word.isupper() and len(word) <= 5)]
    mute, single = sum(map(_is_mute, telling)), sum(len(word) == 1 for word in telling)
    return _Spelt(sum(map(len, words)), len(telling), mute, single)


def _is_mute(word: str) -> bool:
    """Whether a word of Latin letters cannot be spoken."""
    return (len(word) > 1 and not _VOWEL.search(word)) or _CONSONANTS.search(word) is not None
