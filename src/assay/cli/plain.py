"""Texts of telemetry on a terminal: what could move the cursor, turn the reading direction or hide is shown, not obeyed."""

import unicodedata

_KEPT = {"\n", "\u200c", "\u200d"}
"""Joiners belong to the spelling of several scripts, and to emojis."""


def neutral(text: str) -> str:
    """The text with every control and format character made visible.

    Escape sequences of terminals begin with a control character (ECMA-48); for those that turn the reading direction see
    https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing, for invisible letters the tags from U+E0000 on.
    """
    return "".join(map(_shown, text.replace("\r\n", "\n").expandtabs(4)))


def _shown(character: str) -> str:
    if character.isprintable() or character in _KEPT:
        return character
    kind, code = unicodedata.category(character), ord(character)
    if kind in ("Zl", "Zp"):
        return "\n"
    if kind == "Zs":
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"‹U+{code:04X}›"
