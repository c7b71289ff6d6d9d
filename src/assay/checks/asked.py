"""What a user asked, cut out of a message that also holds pages, examples or instructions.

message of a prompt ─► its question, or the message as it is where nothing tells them apart
"""

import re

import msgspec

_ASKS = re.compile(
    r"(?:^|\n)[ \t>*#<]*(?:user(?:'s)? )?(?:question|query|request|frage|anfrage|pregunta|domanda)[ \t]*[:：>*]+",
    re.IGNORECASE,
)
"""What stands before the question where the message also holds what the answer is to rest on."""
_ASKED = re.compile(
    r"(?:^|\n)[^\S\n]*(?:user(?:'s)? )?(?:question|query|frage|pregunta|domanda|input)\s*:\s*", re.IGNORECASE
)
"""What announces the question at the beginning of a line."""
_PAGES = r"contexts?|documents?|docs|sources|passages|chunks|excerpts|pages|articles|knowledge(?:[-_ ]base)?|search[-_ ]results"
_PAGES_END = re.compile(
    rf"</(?:{_PAGES}|results|retrieved\w{{0,20}})>\s*",
    re.IGNORECASE,
)
"""What closes the pages that an application put before a question."""
_PAGES_BEGIN = re.compile(
    rf"\n[ \t]{{0,9}}(?:[-=*_]{{3,99}}[ \t]{{0,9}}\n|(?:#{{1,4}} |\*\*|<)?(?:[^\W\d_]{{1,20}} ){{0,3}}(?:{_PAGES}|information|"
    r"kontext|dokumenten?|auszügen?|quellen|contexte|extraits|contexto|documentos|fuentes|contesto|documenti|fonti|documenten|bronnen|kontekst|dokumenty|źródła)(?: [^\W\d_]{1,20}){0,2}(?: \([^()\n]{1,20}\))?[>:* ]{1,4}[ \t]{0,9}\n)",
    re.IGNORECASE,
)
"""What opens the pages that an application put behind a question."""
_WORD = re.compile(r"[^\W\d_]")
_QUESTION_MARK = re.compile(r"[?？]|か(?=\s)")
"""Japanese asks with `か` at the end, too."""
_TAGS = (
    "question", "user_question", "user-question", "query", "user_query", "user-query", "user_input", "user-input", "user_message",
    "user_request", "request", "frage", "pregunta", "domanda", "vraag", "pytanie", "pergunta",
)  # fmt: skip
"""Between which applications put the question,"""
_KEYS = ("question", "user_question", "query", "user_query", "user_input", "frage", "pregunta", "domanda")
"""and under which, where the message is a JSON object."""
_READS_ON = re.compile(
    r"\n[ \t]{0,9}\**(?:a|answer|antwort|réponse|respuesta|resposta|risposta|antwoord|odpowiedź|回答)\**[ \t]{0,9}[:：]\**\s{0,9}\Z",
    re.IGNORECASE,
)
"""What a prompt ends with so that the model goes on."""
_END_CHARACTERS = 60
"""It is looked for in so much of the end."""
_SHORT = re.compile(r"(?:\A|\n)[ \t]{0,9}\**q\**[ \t]{0,9}[:：]", re.IGNORECASE)


_HEADED = re.compile(
    r"(?:\A|\n)(?P<level>#{1,6}) \**(?:(?:the |(?:user|customer)(?:['’]s)? )?(?:question|query|request)|frage|anfrage|pregunta|domanda|vraag|pytanie|pergunta|fråga|otázka|soru|質問|问题|질문)\**:?[ \t]*\n",
    re.IGNORECASE,
)
"""The heading that the question stands below."""


SHORT_CHARACTERS = 120
"""Of a question that stands in one line before the pages."""
_SPEAKS_OF_PAGES = re.compile(
    r"\b(?:answer\w*|repl(?:y|ies)|respond|below|following|follows?|above|based|given|us(?:e|ing)|you(?:['’]re| are)|here(?:['’]s| is| are)|provided|contexts?|documents?|sources|passages|excerpts|pages|articles|only|"
    r"antworte\w*|beantworte\w*|folgende\w*|unten|anhand|nutze\w*|quellen|kontext|répond\w*|suivante?s?|ci-dessous|contexte|respond\w*|siguientes?|contexto|rispond\w*|seguent[ei]|contesto|"
    r"antwoord\w*|volgende|bronnen|odpowiedz|poniższ\w*|kontekst\w*)\b",
    re.IGNORECASE,
)
"""What an instruction says that comes before pages."""
_ENDS_WITHOUT_STOP = re.compile(r"\n\n[^\n#]{1,120}[\w\"”]\s*\Z")
"""A last line that may be asked as well."""


def marked(text: str) -> str:
    """The question where the message itself says which part it is: below a heading, in tags, under a key of a JSON object, or behind
    `Q:` where the message ends with `A:`; empty where it does not."""
    if headings := list(_HEADED.finditer(text)) if "#" in text else []:
        below = headings[-1]
        ends = re.compile(rf"\n#{{1,{len(below['level'])}}} ").search(text, below.end())
        said = text[below.end() : ends.start() if ends else len(text)].strip()
        if _WORD.search(said):
            return without_lead(said)
    if "</" in text:
        for tag in _TAGS:
            end = text.rfind(f"</{tag}>")
            begin = text.rfind(f"<{tag}>", 0, end) if end > 0 else -1
            if begin >= 0 and _WORD.search(text, begin + len(tag) + 2, end):
                return text[begin + len(tag) + 2 : end].strip()
    if text[:1] == "{" and text[-1:] == "}":
        try:
            found = msgspec.json.decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return ""
        return next((found[key] for key in _KEYS if isinstance(found.get(key), str) and found[key]), "")
    if _READS_ON.search(text, max(len(text) - _END_CHARACTERS, 0)):
        begins = [one.end() for one in _SHORT.finditer(text)]
        return without_lead(text[begins[-1] :]) if begins else ""
    return ""


def without_lead(text: str) -> str:
    """Without the `Answer:` at the end."""
    end = _READS_ON.search(text, max(len(text) - _END_CHARACTERS, 0))
    return text[: end.start()].strip() if end else text


def after_pages(text: str) -> str:
    """What follows the pages that a message begins with, between tags; all of it where nothing does."""
    if "</" not in text:
        return text
    ends = [found.end() for found in _PAGES_END.finditer(text)]
    return text[ends[-1] :] if ends and _WORD.search(text, ends[-1]) else text


def before_pages(text: str) -> str:
    """What stands before the pages that follow a question; all of it where none do, or where the message ends with another question."""
    begins = _PAGES_BEGIN.search(text)
    if begins is None or not _WORD.search(text, 0, begins.start()):
        return text
    said = text[: begins.start()].strip()
    # `tuition fee per semester`: what is looked for in a few words, and does not speak of what follows.
    is_short = len(said) <= SHORT_CHARACTERS and "\n" not in said and not _SPEAKS_OF_PAGES.search(said)
    is_short = is_short and not _ENDS_WITHOUT_STOP.search(text)
    is_asked = (is_short or _QUESTION_MARK.search(said)) and not _QUESTION_MARK.search(text, text.rfind("\n\n"))
    return text[: begins.start()] if is_asked else text


def asked_at(text: str) -> int:
    """Where the question begins that a message ends with: after the last line that announces one, else 0."""
    begins = line = 0
    while line >= 0:
        found = _ASKED.match(text, line)
        if found:
            begins = found.end()
        line = text.find("\n", begins if found else line + 1)
    return begins


def asked(text: str) -> str:
    """What a user's message asks: what it marks, the part after its last `Question:`, after the pages between tags or before pages, or
    all of it."""
    if not any(mark in text for mark in (":", "：", "*", ">", "---", "#")):
        return text
    if said := marked(text):
        return said
    marks = list(_ASKS.finditer(text))
    if not marks:
        return without_lead(before_pages(after_pages(text)))
    said = text[marks[-1].end() :].strip()
    pages = _PAGES_BEGIN.search(said) if not _WORD.search(text, 0, marks[-1].start()) else None
    return without_lead(said[: pages.start()] if pages and _WORD.search(said, 0, pages.start()) else said)
