"""Cuts a statement into tokens, so that what it may do is judged by its words and not by how they are written.

Comments, quoting, case and white space make no difference: `/**/FILE ('x')` and "`file`('x')" are the same two tokens.
"""

import re
from collections.abc import Container, Iterable, Iterator
from typing import Literal, NamedTuple

Kind = Literal["word", "quoted", "string", "other"]


class Token(NamedTuple):
    """A token of a statement; `text` is without quotes, `start` and `end` are offsets."""

    kind: Kind
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""
    (?P<space>[\s\x00\ufeff]+|--[^\n]*|//[^\n]*|\#[ !][^\n]*)
  | (?P<comment>/\*)
  | (?P<heredoc>\$(?P<tag>[A-Za-z0-9_]*)\$.*?\$(?P=tag)\$)
  | (?P<string>'(?:[^'\\]|\\.|'')*')
  | (?P<backquoted>`(?:[^`\\]|\\.|``)*`)
  | (?P<doublequoted>"(?:[^"\\]|\\.|"")*")
  | (?P<word>[A-Za-z_][A-Za-z0-9_$]*)
  | (?P<other>[0-9][A-Za-z0-9_.]*|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")

MAX_HEAD_BYTES = 1 << 20
"""An INSERT names its format within its first MiB; behind it are data, which nobody has to cut."""

READS = {"select", "with", "show", "describe", "desc", "explain", "exists", "use", "set", "from", "("}
"""First words of statements that a reader may send."""

REFUSED_NAMES = re.compile(
    r"file|catboostevaluate|ai(classify|embed|extract|filter|generate|redact|similarity|translate)\w*"
)
"""Functions over values that reach files or other hosts; `readonly = 1` does not stop them. The engine also takes a function by
its bare name (`arrayMap(file, ...)`, `* APPLY file`), so the name alone is refused; a column of that name is read as `t.file`."""

READS_PARTS = re.compile(r"mergetree\w+")
"""Table functions that read the index of a table, past the filters of rows."""

REFUSED_CALLS = {
    "addresstoline", "addresstolinewithinlines", "addresstosymbol", "cluster", "clusterallreplicas", "demangle", "eval", "fuzzjson",
    "fuzzquery", "getmergetreesetting", "getoskernelversion", "getserverport", "getserversetting", "input", "merge", "serveruuid",
    "showcertificate", "sleep", "sleepeachrow", "viewifpermitted",
}  # fmt: skip
"""Calls that `readonly = 1` lets through and no reader needs: they run text as a statement, go to the hosts of a cluster, hold a
thread, tell about this machine, or (merge) read past the filters of rows. Table functions that `readonly = 1` stops (url, s3, remote, executable, ...) come from the
engine's own list, see `open_door`."""


def tokens(statement: str) -> list[Token]:
    """The tokens of a statement without white space and comments."""
    return list(_scan(statement))


def _scan(statement: str) -> Iterator[Token]:
    at = 0
    while found := _TOKEN.match(statement, at):
        kind, text, start, at = found.lastgroup, found.group(), found.start(), found.end()
        if kind == "comment":
            at = _comment_end(statement, start)
        elif kind in {"backquoted", "doublequoted"}:
            yield Token("quoted", _unquote(text), start, at)
        elif kind in {"string", "heredoc", "tag"}:  # the group inside a heredoc is the last that matched
            yield Token("string", text, start, at)
        elif kind != "space":
            yield Token("word" if kind == "word" else "other", text, start, at)


def _comment_end(statement: str, start: int) -> int:
    """Comments nest, as the engine has it: https://clickhouse.com/docs/sql-reference/syntax#comments"""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(statement, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(statement)


def why_refused(statement: str, parameters: Iterable[str], stopped_calls: Container[str]) -> str:
    """Why a reader may not send this statement with these values of parameters; empty where nothing speaks against it.

    `stopped_calls` are table functions, in lower case, that are refused beside `REFUSED_CALLS`.
    """
    found = tokens(statement)
    if not found:
        return "The statement is empty."
    if found[0].text.lower() not in READS:
        return f"Cannot execute {found[0].text.upper()[:40]} without the write token."
    for index, token in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else Token("other", "", 0, 0)
        if token.kind == "string":
            continue
        if token.kind == "other":
            if token.text == ";" and following.text:
                return "One statement at a time."
            if not token.text.isascii():
                return f"The character {token.text!r} may stand inside quotes only."
            continue
        name = token.text.lower()
        if REFUSED_NAMES.fullmatch(name) and not (index and found[index - 1].text == "."):
            return f"The name {name} is that of a function which reaches files or other hosts. Put its table before a column, `t.{name}`."
        if following == ("other", "(", following.start, following.end) and (
            name in REFUSED_CALLS or name in stopped_calls or READS_PARTS.fullmatch(name)
        ):
            return f"The function {name} is not available through the door."
        if name == "settings" and found[index - 1].text != "." and _is_clause(found[index + 1 : index + 3]):
            # In a subquery `readonly = 1` lets the engine take them.
            return "SETTINGS in a statement are not taken from readers; send them as parameters."
        if name == "prewhere":
            # Its condition sees rows before the filters of rows take them away, and can tell of them by failing.
            return "PREWHERE is not taken from readers; write WHERE, the engine moves conditions itself."
        if name == "parallel" and following.text.lower() == "with":
            return "One statement at a time."
        if name == "outfile" and index and found[index - 1].text.lower() == "into":
            return "INTO OUTFILE is not available through the door."
        if name == "identifier" and any(REFUSED_NAMES.search(value.lower()) for value in parameters):
            return "A parameter names a function that reaches files or other hosts."
    return ""


def _is_clause(after: list[Token]) -> bool:
    """Whether the word SETTINGS before these two tokens begins a clause (`a = 1, b, ...`) and is not a name itself."""
    if not after or after[0].kind not in {"word", "quoted"}:
        return False
    return len(after) == 1 or after[1].text.lower() in {
        "=",
        ",",
        ")",
        ";",
        "union",
        "intersect",
        "except",
        "format",
        "into",
    }


class Cut(NamedTuple):
    """A statement without its FORMAT clause, the format that it named, and the data that followed (of an INSERT)."""

    sql: str
    format: str
    data: bytes
    inserts: bool
    """True where data in `format` is to be inserted; INSERT ... SELECT and INSERT ... VALUES are statements as they are."""


def cut(text: bytes) -> Cut:
    """Cut one statement as it came over HTTP. Data of an INSERT begins after the line break behind `FORMAT name`."""
    head = text[:MAX_HEAD_BYTES].decode("latin-1")
    first = next(_scan(head), None)
    if first is not None and first.text.lower() == "insert":
        return _cut_insert(text, head)
    statement = text.decode("utf-8", "replace").rstrip().rstrip(";")
    found = tokens(statement)
    for index in range(len(found) - 2, -1, -1):
        token = found[index]
        if (
            token.kind == "word"
            and token.text.lower() == "format"
            and found[index + 1].kind == "word"
            and _closes(found, index)
        ):
            before, after = statement[: token.start], statement[found[index + 1].end :]
            return Cut(before + after, found[index + 1].text, b"", inserts=False)
    return Cut(statement, "", b"", inserts=False)


def _closes(found: list[Token], index: int) -> bool:
    """Whether FORMAT at `index` ends the statement, but for settings behind it."""
    after = index + 2
    return index > 0 and (after >= len(found) or found[after].text.lower() == "settings")


def _cut_insert(text: bytes, head: str) -> Cut:
    found = _scan(head)
    depth = 0
    for token in found:
        word = token.text.lower()
        if token.kind == "other":
            depth += (word == "(") - (word == ")")
        if token.kind != "word" or depth:
            continue
        if word in {"select", "with", "values"}:
            break
        if word == "format":
            name = next(found, None)
            if name is None:
                break
            rest = re.match(r"[ \t\f\r]*;?[ \t\f\r]*\n?", head[name.end : name.end + 1024])
            start = name.end + (rest.end() if rest else 0)
            return Cut(text[: token.start].decode("utf-8", "replace"), name.text, text[start:], inserts=True)
    return Cut(text.decode("utf-8", "replace").rstrip().rstrip(";"), "", b"", inserts=False)


def unquoted(token: Token) -> str:
    """What a token says; of a string, what is between its quotes."""
    return _unquote(token.text) if token.kind == "string" and token.text[0] == "'" else token.text


def _unquote(text: str) -> str:
    quote = text[0]
    return re.sub(r"\\(.)", r"\1", text[1:-1].replace(quote * 2, quote), flags=re.DOTALL)
