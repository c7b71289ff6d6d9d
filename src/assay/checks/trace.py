"""A settled trace as checks see it: its spans in order of time, its texts, and the turn of the conversation before it.

    rows of one trace + texts by content hash ─► Trace ─► what was asked, found, put into the prompt, called and answered

Whatever is derived is made once, when a check first asks for it. A text that was not captured, has expired or was erased reads as
empty, and a check that needs it does not apply.
"""

import contextlib
import html
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from assay.checks.asked import after_pages, asked_at, before_pages, marked, without_lead
from assay.checks.editions import edition
from assay.checks.passages import title_of
from assay.checks.remembered import remembered
from assay.spans.columns import BY_NAME, NO_BODY, default_of


class TraceSpan(NamedTuple):
    """What trace checks read of one span: canonical columns by their names, and the start in nanoseconds."""

    span_id: str
    parent_span_id: str = ""
    start_ns: int = 0
    duration_ns: int = 0
    version: int = 0
    name: str = ""
    status: str = ""
    status_message: str = ""
    error_type: str = ""
    error_class: str = ""
    operation: str = ""
    stage: str = ""
    service: str = ""
    release: str = ""
    environment: str = ""
    provider: str = ""
    request_model: str = ""
    response_model: str = ""
    finish_reasons: Sequence[str] = ()
    time_to_first_token_ns: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    usage_role: str = ""
    input_messages: Sequence[bytes] = ()
    output_messages: Sequence[bytes] = ()
    system_prompt: bytes = NO_BODY
    question: bytes = NO_BODY
    answer: bytes = NO_BODY
    prompt_version: str = ""
    tool_definition_names: Sequence[str] = ()
    tool_call_names: Sequence[str] = ()
    tool_call_arguments: Sequence[bytes] = ()
    tool_name: str = ""
    tool_arguments: bytes = NO_BODY
    tool_result: bytes = NO_BODY
    retrieval_query: bytes = NO_BODY
    data_source: str = ""
    document_ids: Sequence[str] = ()
    document_scores: Sequence[float] = ()
    document_texts: Sequence[bytes] = ()
    document_versions: Sequence[str] = ()
    document_updated_at: Sequence[str] = ()
    document_selected: Sequence[int] = ()
    conversation_id: str = ""
    user_id: str = ""
    route: str = ""
    outcome: str = ""
    cohort_keys: Sequence[str] = ()
    cohort_values: Sequence[str] = ()

    @property
    def end_ns(self) -> int:
        """End in nanoseconds."""
        return self.start_ns + self.duration_ns

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return self.status == "error" or bool(self.error_type)

    @property
    def retrieves(self) -> bool:
        """Whether it is a retrieval, or a tool that returned documents: agents search in no other way."""
        return self.stage == "retrieval" or (self.stage == "tool" and bool(self.document_ids or self.document_texts))

    @property
    def searches(self) -> bool:
        """Whether it retrieves or reranks."""
        return self.retrieves or self.stage == "rerank"


COLUMNS = tuple(name for name in TraceSpan._fields if name != "start_ns")
"""Canonical columns that a trace is made of."""

assert all(name in BY_NAME for name in COLUMNS)  # noqa: S101 - a misspelt name would read defaults for ever

TEXT_COLUMNS = tuple(name for name in COLUMNS if BY_NAME[name].type in ("Body", "Bodies"))


def span_of(columns: dict[str, Any]) -> TraceSpan:
    """A span from canonical columns by name; those that are not there have their defaults."""
    found = {name: columns.get(name, default_of(BY_NAME[name])) for name in COLUMNS}
    return TraceSpan(start_ns=columns["start_time"], **found)


class Text(NamedTuple):
    """A text as it reads."""

    role: str
    """Of a message, else empty."""
    text: str
    calls: bool
    """A message with a tool call in it."""


NOTHING = Text("", "", False)
Read = Callable[[bytes], Text]


class _Part(msgspec.Struct, gc=False):
    type: Any = None
    content: Any = None
    response: Any = msgspec.UNSET
    result: Any = None


class _Message(msgspec.Struct, gc=False):
    role: str
    parts: list[_Part]


_message = msgspec.json.Decoder(_Message).decode


def read_text(raw: bytes | None) -> Text:
    """A stored text: the words of a message, or the text itself."""
    if raw is None:
        return NOTHING
    if b'"parts"' in raw:
        with contextlib.suppress(msgspec.MsgspecError, ValueError):
            message = _message(raw)
            said = [_part(part) for part in message.parts]
            calls = any(part.type == "tool_call" for part in message.parts)
            return Text(message.role, said[0] if len(said) == 1 else "\n".join(one for one in said if one), calls)
    return Text("", raw.decode("utf-8", "replace"), False)


def _part(part: _Part) -> str:
    if isinstance(part.content, str) and part.type != "reasoning":
        return part.content
    if part.type != "tool_call_response":
        return ""
    response = part.result if part.response is msgspec.UNSET else part.response
    if response is None:
        return ""
    return response if isinstance(response, str) else msgspec.json.encode(response).decode()


class Chunk(NamedTuple):
    """One document of one result list."""

    place: int
    """0 is the best."""
    id: str
    score: float
    """NaN where it was not sent."""
    hash: bytes
    text: str
    version: str
    updated: str
    selected: int
    """1 into the prompt, 0 not, 2 unknown."""
    source: str


class Results(NamedTuple):
    """What one retrieval or reranker returned."""

    span: TraceSpan
    chunks: tuple[Chunk, ...]


class Turn(NamedTuple):
    """What is kept of a turn of a conversation to compare the next one with."""

    trace_id: str
    start_ns: int
    end_ns: int
    model: str
    system: bytes
    """Content hash of the system prompt."""
    messages: Sequence[bytes]
    """Input messages of the answering call, without the system prompt, oldest first."""
    question: bytes
    answer: bytes
    input_tokens: int


class Elsewhere(NamedTuple):
    """Another request of the service with the same question, answered from documents of which no search of this trace returned one."""

    trace_id: str
    document_ids: Sequence[str]
    """Those of them that have an id."""


class Call(NamedTuple):
    """One run of a tool."""

    span: TraceSpan
    name: str
    arguments: bytes
    result: bytes


_GENERATES = frozenset({"generation"})
_SAYS = re.compile(r"(?<![^\W\d_])[^\W\d_]{2,}+\W++[^\W\d_]{2}")
"""Two words: more than a closing tag."""
HEAD_CHARACTERS = 60
"""So much of a chunk's beginning or end is looked for in a prompt, to see whether it was put there, and whole."""
_LAST_ANSWERS = 2
"""Model calls from the last back of which one gave the answer: behind it may stand one that grades it."""
_MOST_OF_VERDICT = 24
"""Characters of a verdict in a word or a number."""
MOST_LISTS = 40
"""Lists of one trace that are looked at."""
MOST_CHUNKS = 60
"""Documents of one list that are looked at: those that are best. Chunks are compared in pairs."""
LEAST_CHARACTERS = 16
"""What is left of a chunk is recognised by so much, where the prompt has nothing else."""


class Trace:
    """One trace."""

    def __init__(
        self,
        workspace: str,
        trace_id: str,
        spans: Sequence[TraceSpan],
        read: Read,
        *,
        previous: Turn | None = None,
        found: frozenset[str] = frozenset(),
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.workspace = workspace
        self.trace_id = trace_id
        self.spans = sorted(spans, key=lambda span: (span.start_ns, -span.duration_ns, span.span_id))
        self.read = read
        self.previous = previous
        self.found = found
        """Labels that checks of single spans found."""
        self.elsewhere = elsewhere
        """What other requests found; see `assay.checks.asked_before`."""
        self.required: tuple[str, ...] = ()
        """What owners of services demand in answers: no document need say it."""
        self.memo: dict[str, Any] = {}
        """What several checks of one file derive together."""

    @cached_property
    def root(self) -> TraceSpan:
        """The span without a parent, else the first."""
        return next((span for span in self.spans if not span.parent_span_id), self.spans[0])

    @cached_property
    def children(self) -> dict[str, list[TraceSpan]]:
        """Spans by their parent's id."""
        found: dict[str, list[TraceSpan]] = {}
        for span in self.spans:
            found.setdefault(span.parent_span_id, []).append(span)
        return found

    @cached_property
    def calls(self) -> list[TraceSpan]:
        """Model calls, each once."""
        return [span for span in self.spans if span.stage in _GENERATES and span.usage_role != "twin"]

    @cached_property
    def answers(self) -> list[TraceSpan]:
        """Model calls of which one gave the user's answer: the last ones that answer instead of calling a tool, from the last back. None
        where one failed after them: what was answered before then was a step on the way."""
        found: list[TraceSpan] = []
        for span in reversed(self.calls):
            if span.status == "error" or len(found) == _LAST_ANSWERS:
                break
            answers = bool(span.output_messages) or span.answer != NO_BODY
            if answers and not span.tool_call_names and "tool_call" not in span.finish_reasons:
                found.append(span)
        return found

    @cached_property
    def answering(self) -> TraceSpan | None:
        """The model call whose answer the user got: the last that answers, but for one that only grades what an earlier one said."""
        if len(self.answers) < _LAST_ANSWERS:
            return next(iter(self.answers), None)
        last, before = self.answers
        said = self.read(before.answer).text.strip()
        is_graded = len(said) >= LEAST_CHARACTERS and said in self.read(last.question).text
        return before if is_graded and _is_verdict(self.read(last.answer).text.strip()) else last

    @cached_property
    def answer(self) -> str:
        """What the user got; empty where that was not captured."""
        span = self.answering
        if span is None:
            return ""
        return self.read(span.answer if span.answer != NO_BODY else span.output_messages[-1]).text

    @cached_property
    def prompt(self) -> str:
        """What the answering call was given, without earlier answers (they quote what is not there any more), runs of white space
        as one space."""
        span = self.answering
        if span is None:
            return ""
        said = [self.read(one) for one in (span.system_prompt, *span.input_messages)]
        return one_spaced("\n".join(dict.fromkeys([one.text for one in said if one.role != "assistant"])))

    @cached_property
    def question(self) -> str:
        """What the user asked, without the context that an application writes around it."""
        span = self.answering or next((one for one in self.calls if one.question != NO_BODY), None)
        if span is None:
            return ""
        text = self.read(span.question).text
        if said := marked(text):
            return said
        given = self.read(self.root.question).text
        if given and len(given) < len(text) and given in text and _SAYS.search(given):
            return given  # what the application was asked; it wrote the rest around it
        begins = asked_at(text)
        if 0 < begins < len(text) - 2:
            text = text[begins:]
        elif not begins:
            text = self._beside_pages(after_pages(text))
        text = without_lead(text)
        first = next((self.read(one.question).text for one in self.calls if one.question != NO_BODY), "")
        return first if first and len(first) < len(text) and first in text else text

    def _beside_pages(self, text: str) -> str:
        """What stands before the documents that a message ends with, without the line that announces them."""
        places = [
            (at, at + len(chunk.text))
            for chunk in self.pool
            if len(chunk.text) >= LEAST_CHARACTERS and (at := text.find(chunk.text[:HEAD_CHARACTERS])) > 0
        ]
        if not places or _SAYS.search(text, max(end for _, end in places)):
            return before_pages(text)
        head = text[: min(at for at, _ in places)]
        cut = before_pages(f"{head}\n")
        if len(cut) > len(head):
            cut = head[: max(head.rfind("\n\n"), 0)]
        return cut.strip() or text

    @cached_property
    def results(self) -> list[Results]:
        """What retrievals and rerankers returned that ended well, in order of time."""
        return [
            Results(span, tuple(self._chunks(span)))
            for span in self.spans
            if span.searches and not span.failed and (span.document_ids or span.document_texts)
        ][:MOST_LISTS]

    def _chunks(self, span: TraceSpan) -> Iterator[Chunk]:
        size = min(max(len(span.document_ids), len(span.document_texts)), MOST_CHUNKS)
        columns = zip(
            range(size), _filled(span.document_ids, size, ""), _filled(span.document_scores, size, float("nan")),
            _filled(span.document_texts, size, NO_BODY), _filled(span.document_versions, size, ""),
            _filled(span.document_updated_at, size, ""), _filled(span.document_selected, size, 2), strict=False,
        )  # fmt: skip
        for place, name, score, found, version, updated, selected in columns:
            text = self.read(found).text if found != NO_BODY else ""
            said = (version, updated) if version or updated else edition(name, text)
            yield Chunk(place, name, score, found, text, said[0], said[1], selected, span.data_source)

    @cached_property
    def retrieved(self) -> list[Results]:
        """Only what retrievals returned."""
        return [one for one in self.results if one.span.retrieves]

    @cached_property
    def pool(self) -> list[Chunk]:
        """Every chunk with a text that any search returned, each text once, in order of searches and places."""
        found = {chunk.hash: chunk for one in reversed(self.results) for chunk in reversed(one.chunks) if chunk.text}
        order = dict.fromkeys(chunk.hash for one in self.results for chunk in one.chunks if chunk.text)
        return [found[one] for one in islice(order, 2 * MOST_CHUNKS)]

    @cached_property
    def places(self) -> dict[bytes, str]:
        """How each chunk of the pool stands in the prompt: `whole`, `head` (its end is missing), `tail`, `none`, `unknown`."""
        if not self.prompt:
            return {chunk.hash: {0: "none", 1: "whole"}.get(chunk.selected, "unknown") for chunk in self.pool}
        found = {chunk.hash: self._place_of(chunk.text) for chunk in self.pool}
        if all(part == "whole" for part in found.values()):
            return found
        whole = [spaced(chunk.text) for chunk in self.pool if found[chunk.hash] == "whole"]
        for chunk in self.pool:
            part = found[chunk.hash]
            if part in ("head", "tail", "ends"):
                # Chunks overlap, and versions begin and end alike: what stands there may be another chunk.
                head, tail = ends_of(spaced(chunk.text))
                elsewhere = [(head in other, tail in other) for other in whole]
                heads, tails = (any(one) for one in zip(*elsewhere, strict=True)) if elsewhere else (False, False)
                found[chunk.hash] = {
                    "head": "none" if heads else "head",
                    "tail": "none" if tails else "tail",
                    "ends": "none" if (True, True) in elsewhere else "tail" if heads else "head" if tails else "whole",
                }[part]
        if all(part == "none" for part in found.values()):
            # Where hardly anything is left of the context, it is the beginning of one chunk.
            found |= {c.hash: "head" for c in self.pool if spaced(c.text)[:LEAST_CHARACTERS] in self.prompt}
        return found

    def _place_of(self, text: str) -> str:
        form, prompt = spaced(text), self.prompt
        if form and form in prompt:
            return "whole"
        form, prompt = self.as_prompted(text)
        part = placed(form, prompt)
        if part != "whole" and "\n" in text.strip():
            # Applications write titles in their own way, and number or indent lines.
            read = one_spaced if prompt is self.prompt else unescaped
            if all(read(line) in prompt for line in text.strip().removeprefix(title_of(text)).splitlines()):
                return "whole"
        return part

    def as_prompted(self, text: str) -> tuple[str, str]:
        """A text and the prompt in the form in which the one is to be looked for in the other."""
        plain = spaced(text), self.prompt
        if plain[0] in plain[1] or not self._unescaped_prompt:
            return plain
        escaped = unescaped(text), self._unescaped_prompt
        return plain if placed(*escaped) == "none" else escaped

    @cached_property
    def _unescaped_prompt(self) -> str:
        """The prompt as its JSON or XML is meant: documents are often handed to models so. Empty where nothing is escaped."""
        return unescaped(self.prompt) if "\\" in self.prompt or _REFERENCE.search(self.prompt) else ""

    @cached_property
    def kept(self) -> list[Chunk]:
        """Chunks of the pool that reached the prompt, in part or whole."""
        return [chunk for chunk in self.pool if self.places[chunk.hash] in ("whole", "head", "tail")]

    @cached_property
    def left_out(self) -> list[Chunk]:
        """Chunks of the pool that did not reach the prompt."""
        return [chunk for chunk in self.pool if self.places[chunk.hash] == "none"]

    @cached_property
    def queries(self) -> list[str]:
        """What was searched for, each text once."""
        return list(
            dict.fromkeys(
                self.read(span.retrieval_query).text
                for span in self.spans
                if span.searches and span.retrieval_query != NO_BODY
            )
        )

    @cached_property
    def tools(self) -> list[Call]:
        """Runs of tools in order; where no span runs them, what the model asked for. A search that a tool does is a retrieval."""
        runs = [
            Call(span, span.tool_name or span.name, span.tool_arguments, span.tool_result)
            for span in self.spans
            if span.stage == "tool" and not span.retrieves
        ]
        return runs or [
            Call(span, name, arguments, NO_BODY)
            for span in self.calls
            for name, arguments in zip(span.tool_call_names, span.tool_call_arguments, strict=False)
        ]

    @cached_property
    def conversation_id(self) -> str:
        """The conversation that it belongs to, or empty."""
        return next((one.conversation_id for one in self.spans if one.conversation_id), "")

    @cached_property
    def turn(self) -> Turn | None:
        """This trace as a turn of its conversation."""
        span = self.answering
        if span is None or not self.conversation_id or not span.input_messages:
            return None
        messages = [one for one in span.input_messages if self.read(one).role not in ("system", "developer")]
        answer = span.answer if span.answer != NO_BODY else span.output_messages[-1]
        model = span.request_model or span.response_model
        return Turn(
            self.trace_id, self.root.start_ns, self.root.end_ns, model, span.system_prompt, messages, span.question,
            answer, span.input_tokens or 0,
        )  # fmt: skip


def _is_verdict(said: str) -> bool:
    """Whether it may be what a grader says: a word, a number or JSON, and not an answer in sentences."""
    return said[:1] in ("{", "[", "`") or len(said) <= _MOST_OF_VERDICT


def texts_of(trace: Trace) -> set[bytes]:
    """Content hashes of the texts that checks may read of a trace: none where a model only answered a question on its own."""
    spans = [span for span in trace.spans if span.stage in _TELLS]
    if not trace.conversation_id and not any(span.stage in _READS or span.tool_definition_names for span in spans):
        return set()
    found: set[bytes] = set()
    for span in spans:
        if span.stage in _GENERATES:
            found.update((span.system_prompt, span.question, span.answer))
            found.update(span.tool_call_arguments)
            if trace.conversation_id:
                found.update(span.input_messages[:2])  # what a history begins with
        else:
            found.update((span.question, span.answer, span.retrieval_query, span.tool_arguments, span.tool_result))
            found.update(span.document_texts)
    for span in trace.answers:
        found.update(span.input_messages, span.output_messages[-1:])
    found.add(trace.root.question)
    found.discard(NO_BODY)
    return found


_READS = frozenset({"retrieval", "rerank", "tool", "agent"})
_TELLS = _READS | _GENERATES


def _filled(values: Sequence[Any], size: int, default: Any) -> Sequence[Any]:
    """At least so many values."""
    return values if len(values) >= size else [*values, *[default] * (size - len(values))]


@remembered(4_000_000)
def spaced(text: str) -> str:
    """The text with runs of white space as one space."""
    return one_spaced(text)


_SPACES = "\t\r\x0b\x0c\x1c\x1d\x1e\x1f"
"""White space of ASCII, spaces and line breaks aside."""


def one_spaced(text: str) -> str:
    """As `spaced`, and not remembered. Most texts have line breaks and single spaces only, and are not taken apart for it."""
    if not text.isascii() or any(one in text for one in _SPACES):
        return " ".join(text.split())
    text = text.replace("\n", " ").strip(" ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


_ESCAPE = re.compile(r"\\+(?:([\"/])|([nrtbf])|u([0-9a-fA-F]{4})|)")
_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def unescaped(text: str) -> str:
    """The text as JSON and XML are meant, with single spaces, however deep they are nested: a form that a text shares with them."""
    if "\\" in text:
        text = _SURROGATES.sub(_character, _ESCAPE.sub(_unescaped, text))
    return one_spaced(html.unescape(text) if "&" in text else text)


def _unescaped(found: re.Match[str]) -> str:
    mark, space, code = found.groups()
    return mark or (space and " ") or (chr(int(code, 16)) if code else "\\")


def _character(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")


def placed(text: str, prompt: str) -> str:
    """How a text stands in a prompt (both with single spaces): `whole`, `head`, `tail`, `ends` without what is between, `none`."""
    text = spaced(text)
    if not text:
        return "none"
    if text in prompt:
        return "whole"
    head, tail = ends_of(text)
    begins, ends = head in prompt, tail in prompt
    if begins and ends:
        return "ends"
    return "head" if begins else "tail" if ends else "none"


def ends_of(text: str) -> tuple[str, str]:
    """Beginning and end that a text is recognised by."""
    size = min(HEAD_CHARACTERS, (len(text) + 1) // 2)
    return text[:size], text[-size:]
