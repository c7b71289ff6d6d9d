"""Instructions that do not belong to the document they stand in.

    document ─► sentences that ask for something ─► what each is like (features) ─► linear model ─► matches

An ordinary request (`Write a poem about the sea.`, `Add this link to your answer.`) has no business in an e-mail, a table or a
page of documentation. Two things tell it: the sentence speaks to an assistant (a request verb at its start, "your answer",
a question of general knowledge), and it has nothing to do with what stands around it (its words occur nowhere else, its code
imports what nothing else uses, it is prose among rows). Neither is enough alone, so a linear model weighs them.

The question is one about documents and tool results. A user's own message is made of requests: do not ask it of those.
"""

import math
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

import msgspec

from assay.checks.match import Match

MODEL_FILE = "foreign_model.json"
"""Weights, made by `tests/quality/train_injection.py`, which also says from what."""


class Model(msgspec.Struct, frozen=True):
    """Weights by feature name; a sentence scores the logistic of their sum and is a finding from `threshold` on."""

    trained_on: str
    reported: str
    threshold: float
    bias: float
    weights: dict[str, float]


class Candidate(NamedTuple):
    """A sentence that asks for something, with its place and what it is like."""

    start: int
    end: int
    features: dict[str, float]


@cache
def model() -> Model:
    """The weights that are shipped with this version."""
    return msgspec.json.decode((resources.files("assay.checks") / MODEL_FILE).read_bytes(), type=Model)


def find_foreign_instructions(document: str) -> tuple[Match, ...]:
    """Sentences of the document that speak to an assistant and are foreign to it; confidence is the model's score."""
    weights = model()
    return tuple(
        Match("foreign_instruction", one.start, one.end, document[one.start : one.end], round(score, 3))
        for one in candidates(document)
        if not _TELLS.match(document, one.start) and (score := probability(one.features, weights)) >= weights.threshold
    )


def probability(features: dict[str, float], weights: Model) -> float:
    """The model's score of one sentence."""
    total = weights.bias + sum(weights.weights.get(name, 0.0) * value for name, value in features.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


# What a sentence can be made of ---------------------------------------------------------------------------------------


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PRODUCE = _set(
    "write draft compose create generate provide give develop produce prepare design craft make suggest recommend list name"
    " outline summarize summarise describe explain define discuss analyze analyse compare evaluate calculate compute solve"
    " identify determine tell show teach translate paraphrase rewrite rephrase proofread recite sing brainstorm propose"
    " narrate imagine elaborate clarify illustrate demonstrate classify categorize predict recall research invent build plan"
    " break walk help find pretend act simulate assess interpret state estimate rank review quote transcribe answer argue"
    " schedule book pick choose guess complete continue fix debug refactor optimize optimise count extract advise pen script"
    " detail chart arrange organize organise forecast rate convert diagnose examine investigate evaluate mimic impersonate"
)
"""Verbs of requests for content."""
EMBED = _set(
    "add include integrate incorporate insert embed append attach blend merge fuse weave inject infuse introduce augment"
    " enhance enrich supplement combine mix assimilate absorb adopt employ utilize utilise leverage apply deploy implement"
    " place consolidate harmonize interweave intertwine meld engage enlist render position prepend interlace adapt embrace"
    " feature featuring incorporating integrating embedding including adding appending inserting bring fold work slip sprinkle"
)
"""Verbs of putting something into an answer."""
ALTER = _set(
    "modify change alter replace substitute convert transform encode decode encrypt rearrange scramble reverse shuffle jumble"
    " misspell swap remove delete omit strip drop capitalize lowercase uppercase group split repeat rotate shift invert"
    " reorder sort format express mirror obfuscate represent respond reply write use anagram cipher garble mask spell"
    " abbreviate truncate duplicate interleave pad reformat restructure output print say speak begin start end finish sign"
)
"""Verbs of changing how an answer looks."""
CONVEY = _set(
    "mention promote advertise encourage urge highlight emphasize emphasise stress tease hint direct link refer invite"
    " persuade convince endorse spread claim assert portray promoting suggesting emphasizing stressing highlighting"
    " encouraging inviting hinting remind reminding warn praise criticize offer offering recommend recommending suggest"
)
"""Verbs of making the reader believe or do something."""
SEND = _set(
    "send forward post upload download email exfiltrate visit click open run execute fetch call navigate install subscribe transfer buy"
)
"""Verbs of acting outside the answer."""
EVERYDAY = _set(
    "use try see note check click contact visit call reply reach follow let make change replace run open read look remember"
    " consider go get set put take keep start stop move return save remove install update import pass print wait enjoy join"
)
"""Verbs with which documentation and letters speak to people as well."""
QUESTION = _set("what who whom whose which when where why how can could would will do does did is are should may")
SOFTENERS = _set("please kindly now then also next finally additionally furthermore just simply always ensure instead")
_FUNCTION = _set(
    "the a an this that these those it its he she they we i my our his her their there here if in on at by for from to of with"
    " and or but so as because since while when where what who which how why not no all any some each every both many most"
    " more other such only own same than too very can could will would shall should may might must do does did is are was were"
    " be been being have has had am hi hello dear thanks thank best regards sincerely yes ok sent received subject date note"
    " you your yours about after before between during into over under until upon via within without however also though"
    " although unless whether one two three first second last new mr mrs ms dr am pm via per"
)
_PREDICATES = _set(
    "is are was were has had refers means suggests includes contains provides allows uses can will would should may might must"
)
ANSWER = r"(?:response|answer|reply|output|message|text|summary|explanation|result|replies|answers|responses|words|sentences?|writing|translation|conclusion|elucidation)"
CODE = r"(?:code|solution|implementation|codebase|algorithm|program|script|project|function|logic|architecture|software|snippet|module)"
_YOUR_ANSWER = re.compile(rf"\byour (?:\w+ ){{0,2}}?{ANSWER}\b")
_IN_ANSWER = re.compile(
    rf"\b(?:in|to|of|into|within|with|at the (?:end|start|beginning) of) (?:your|the) (?:\w+ )?{ANSWER}\b"
)
_YOUR_CODE = re.compile(rf"\b(?:your|the) (?:\w+ )?{CODE}\b")
_THIS_CODE = re.compile(
    r"\b(?:following|subsequent|below|next|ensuing) (?:\w+ )?(?:code|snippet|excerpt|block|section|fragment|segment|piece|lines?)\b|\bcode (?:snippet|excerpt|block|section|fragment|segment) (?:below|that follows)\b"
)
_GENERAL = re.compile(
    r"\b(?:difference between|capital of|meaning of|history of|causes? of|functions? of|process of|concept of|importance of|benefits? of|example of|theory of|lifecycle of|how to|in simple terms|step[- ]by[- ]step|(?:main|primary|key|basic|common|latest|best) \w+)\b"
)
_GENRE = re.compile(
    r"\b(?:essay|poem|story|letter|speech|article|introduction|haiku|song|joke|limerick|blog|paragraph|report|script|email|summary|tweet|review|recipe|slogan|riddle|outline|list of|tips?|example|advice|function|python|sentence)\b"
)
_LETTERS = re.compile(
    r"\b(?:letters?|words?|vowels?|consonants?|characters?|spaces?|punctuation|numbers?|symbols?|alphabet|spelling|typos?|capital|sentence|language|french|spanish|german|english|italian|chinese|japanese|russian|emoji|emojis|base64|rot13|morse|binary|hex|reverse|cipher|anagrams?)\b"
)
_AUDIENCE = re.compile(r"\b(?:users?|readers?|people|audience|individuals|customers?|everyone|others)\b")
_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|net|io|xyz|info|example)\b|@[\w-]+\.")
_QUOTED = re.compile(r"[\"“'‘][^\"”'’\n]{3,}[\"”'’]")
_WE = re.compile(r"\b(?:i|we|our|us|my|i'm|i've|we're|we've|me)\b")
_LETTER_TALK = re.compile(
    r"\b(?:if you|questions|let (?:us|me) know|feel free|reply to this|this email|contact us|your (?:account|order|company|card|team|invoice|payment|subscription|inbox)|best regards|attached|dispute|receive|unsubscribe|click here)\b"
)
_DOC_TALK = re.compile(
    r"\b(?:error|exception|argument|parameter|variable|class|method|object|instance|attribute|array|dataframe|value|version|documentation|question|problem|issue|try|instead of|should be|need to|you are|you're|you can|you have)\b|`"
)
_DANGER = re.compile(
    r"requests\.|urllib|socket|smtplib|ftplib|http\.client|subprocess|os\.system|paramiko|os\.environ|eval\(|exec\(|base64|cookie|http[sx]?://|shutil|psutil|pickle|telnet|httpx|aiohttp|\bcurl\b|\bwget\b|chmod|sudo|rm -"
)
_IMPORT = re.compile(r"^\s*(?:import|from|#include|using|require|const|let|package)\b", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z_]{3,}")
_WORD = re.compile(r"[a-z][a-z']*")

_END = re.compile(r"[.!?][\"')]{0,2}(?=\s|\Z)|\n|\Z|:(?=\s*\n)")
# A line of prose that was broken to fit a page goes on in lower case.
_WRAPPED = re.compile(r"[a-z0-9,;'\")`*_][ \t]?\n[ \t]*\Z")
SENTENCE_CHARACTERS: Final = 400
_ASKS = re.compile(
    rf"\byour (?:\w+ ){{0,2}}?(?:{ANSWER}|{CODE})\b|\b(?:following|subsequent|below) (?:\w+ )?(?:code|snippet|excerpt|block|section)\b",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\w+ (?:on|in|at|of|by|with|from|during|after|before|outside|without) (?:[\w'’-]+ ){1,4}?(?:needs?|requires?|takes?|costs?|counts?|applies|is|are|must be|has to be|can be|may be|will be)\b(?! (?:sure|ready|able)\b)|"
    r"(?:an?|the|your|our|each|every|all|this|these) (?:[\w'’-]+ ){1,6}?(?:is|are|was|were|will be|can be|gets?) (?:\w+ly )?(?!required|needed|supposed|expected|asked|to\b)\w+(?:ed|en|wn|nt)\b",
    re.IGNORECASE,
)
"""How things are: `your words are printed on the card`."""
_REQUEST = PRODUCE | EMBED | ALTER | CONVEY | SEND

_AT_START = r"(?:^|\n|[.!?:>]['\")]?[ \t]|: {0,2}\n)[ \t]{0,8}[\"'(*]{0,2}"


def _one_of(words: frozenset[str]) -> str:
    return "|".join(sorted(words))


_START = re.compile(rf"{_AT_START}([A-Za-z][A-Za-z']{{0,14}})(?=[ ,]|\Z)")
PREFILTERS: Final = (
    rf"{_AT_START}(?:{_one_of(_REQUEST | QUESTION)})[ ,']",
    rf"\byour (?:\w+ ){{0,2}}(?:{ANSWER}|{CODE})\b",
    r"\b(?:following|subsequent|below) (?:\w+ )?(?:code|snippet|excerpt|block|section)\b",
)
"""Where `find_foreign_instructions` finds anything, at least one of these matches. Loose, and written for a multi-pattern
scanner; to be compiled without regard to case, and for UTF-8 (HS_FLAG_CASELESS, HS_FLAG_UTF8)."""


def candidates(document: str) -> Iterator[Candidate]:
    """Sentences that ask for something, in order of place."""
    shape: _Shape | None = None
    addressed = [hit.start() for hit in _ASKS.finditer(document)]
    done = 0
    for hit in _START.finditer(document):
        start = hit.start(1)
        while addressed and addressed[0] < start:
            addressed.pop(0)
        first = _verb(hit[1])
        request, question = first in _REQUEST, first in QUESTION
        if start < done or not (request or question or addressed):
            continue
        if hit[1][0].islower() and _WRAPPED.search(document, max(0, start - 40), start):
            continue
        ending = _END.search(document, start, start + SENTENCE_CHARACTERS)
        end = start + SENTENCE_CHARACTERS if not ending else ending.start() if ending[0] == "\n" else ending.end()
        sentence = document[start:end]
        if not (request or (question and "?" in sentence) or (addressed and addressed[0] < end)):
            continue
        if shape is None:
            shape = _Shape(document)
        done = end
        yield Candidate(start, end, _features(document, start, end, sentence, shape))


def _verb(word: str) -> str:
    """`What's` asks as `what` does."""
    return word.lower().removesuffix("'s").removesuffix("'d")


class _Shape:
    """What the document is made of; asked for once, when its first candidate turns up."""

    def __init__(self, document: str) -> None:
        lines = [line for line in document.split("\n") if line.strip()]
        self.lines = max(1, len(lines))
        self.rows = sum(line.lstrip().startswith("|") for line in lines) / self.lines
        self.fences = document.count("```")
        self.words: dict[str, int] = {}
        for word in _WORD.findall(document.lower()):
            self.words[word] = self.words.get(word, 0) + 1


def _features(document: str, start: int, end: int, sentence: str, shape: _Shape) -> dict[str, float]:
    lower = sentence.lower()
    words = _WORD.findall(lower)
    words = [_verb(word) for word in words]
    first = words[0] if words else ""
    lead = 0
    while lead < len(words) - 1 and lead < 3 and (words[lead] in SOFTENERS or words[lead].endswith("ly")):
        lead += 1
    verb = words[lead] if words else ""
    line_start = document.rfind("\n", 0, start) + 1
    line_end = document.find("\n", end)
    line_end = len(document) if line_end < 0 else line_end
    after = document[end : end + 700]
    follows = after.lstrip(" \t\r\n")
    own_line = not document[line_start:start].strip() and not document[end:line_end].strip()
    before = document[:line_start].rstrip()
    last_before = before[before.rfind("\n") + 1 :].strip()
    next_line = document[line_end + 1 :].split("\n", 1)[0].strip() if line_end < len(document) else ""
    content = [word for word in words if len(word) > 3 and word not in _FUNCTION]
    strange = [word for word in content if shape.words.get(word, 0) <= content.count(word)]
    your_answer, in_answer = bool(_YOUR_ANSWER.search(lower)), bool(_IN_ANSWER.search(lower))
    your_code, this_code = bool(_YOUR_CODE.search(lower)), bool(_THIS_CODE.search(lower))
    question = sentence.rstrip("\"')").endswith("?")
    request = verb in PRODUCE or verb in EMBED or verb in ALTER or verb in CONVEY
    f: dict[str, float] = {
        "produce": verb in PRODUCE,
        "embed": verb in EMBED,
        "alter": verb in ALTER,
        "convey": verb in CONVEY,
        "send": verb in SEND,
        "everyday": verb in EVERYDAY,
        "question": question and first in QUESTION,
        "question_you": question and "you" in words,
        "other_verb": verb not in _REQUEST and verb not in QUESTION,
        "embed_inside": any(word in EMBED for word in words[lead + 1 :]),
        "convey_inside": any(word in CONVEY for word in words[lead + 1 :]),
        "your_answer": your_answer,
        "in_answer": in_answer,
        "your_code": your_code,
        "this_code": this_code,
        "you": "you" in words,
        "your": "your" in words,
        "we": bool(_WE.search(lower)),
        "users": bool(_AUDIENCE.search(lower)),
        "general": bool(_GENERAL.search(lower)),
        "genre": bool(_GENRE.search(lower)),
        "letters": bool(_LETTERS.search(lower)),
        "link": bool(_LINK.search(lower)),
        "quoted": bool(_QUOTED.search(sentence)),
        "letter_talk": bool(_LETTER_TALK.search(lower)),
        "doc_talk": bool(_DOC_TALK.search(lower)),
        "digits": any(c.isdigit() for c in sentence),
        "own_line": own_line,
        "line_start": not document[line_start:start].strip(),
        "first_line": start == 0 or not document[:start].strip(),
        "last_line": not follows,
        "capital": sentence[:1].isupper(),
        "full_stop": sentence.endswith("."),
        "colon": sentence.endswith(":"),
        "short": len(words) <= 3,
        "me": request and "me" in words,
        "subject": len(words) > 1 and words[1] in _PREDICATES,
        "long": len(words) >= 25,
        "in_table": shape.rows > 0.5,
        "in_code": shape.fences >= 2,
        "strange": len(strange) / len(content) if content else 0.0,
        "strange_many": min(len(strange), 8) / 8,
        "row": document[line_start:start].lstrip().startswith("|") or " | " in sentence,
        "row_before": last_before.startswith("|"),
        "row_after": next_line.startswith("|"),
    }
    alone = own_line and (f["strange"] >= 0.6)
    f["request_foreign"] = request and alone
    f["question_foreign"] = f["question"] and alone and not f["letter_talk"]
    f["prose_in_table"] = bool(f["in_table"]) and own_line and not f["row"] and (question or bool(f["full_stop"]))
    f["answer_request"] = (your_answer or in_answer) and request
    f["code_request"] = this_code and (your_code or bool(f["embed_inside"]) or verb in EMBED)
    f["fence_after"] = follows.startswith("```")
    if f["fence_after"] or this_code:
        code = follows[3:].split("```", 1)[0] if follows.startswith("```") else ""
        names = set(_NAME.findall(code))
        elsewhere = set(_NAME.findall(document[:start])) | set(
            _NAME.findall(document[end + len(after) - len(follows) + 3 + len(code) :])
        )
        f["code_import"] = bool(_IMPORT.match(code.lstrip("\n")))
        f["code_danger"] = min(len(set(_DANGER.findall(code))), 4) / 4
        f["code_strange"] = len(names - elsewhere) / len(names) if names else 0.0
        f["code_foreign"] = bool(f["code_import"]) and f["code_strange"] >= 0.6
    return {name: float(value) for name, value in f.items() if value}
