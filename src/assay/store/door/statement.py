"""Cuts a statement into tokens, so that what it may do is judged by its words and not by how they are written.

Comments, quoting, case and white space make no difference: `/**/FILE ('x')` and "`file`('x')" are the same two tokens.
"""

import re
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
    (?P<space>[\s\x00\ufeff]+|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/|/\*.*\Z)
  | (?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<string>'(?:[^'\\]|\\.|'')*')
  | (?P<backquoted>`(?:[^`\\]|\\.|``)*`)
  | (?P<doublequoted>"(?:[^"\\]|\\.|"")*")
  | (?P<word>[A-Za-z_][\w$]*)
  | (?P<other>\d[\w.]*|.)
    """,
    re.VERBOSE | re.DOTALL,
)

READS = {"select", "with", "show", "describe", "desc", "explain", "exists", "use", "set", "from", "("}
"""First words of statements that a reader may send."""

# What `readonly = 1` lets through although it reaches files, other processes or other callers' queries. Table functions and
# engines (url, s3, remote, executable, mysql, ...) are refused by the engine itself; they are here so that the answer is the
# same whatever the engine's version.
REFUSED_FUNCTIONS = {
    "arrowflight", "azureblobstorage", "azureblobstoragecluster", "bfloat16file", "catboostevaluate", "cluster", "clusterallreplicas",
    "deltalake", "deltalakeazure", "deltalakecluster", "deltalakelocal", "deltalakes3", "deltalakes3cluster", "deltalakeazurecluster",
    "dictionary", "executable", "file", "filecluster", "fuzzjson", "fuzzquery", "gcs", "hdfs", "hdfscluster", "hive", "hudi",
    "hudicluster", "iceberg", "icebergazure", "icebergazurecluster", "icebergcluster", "iceberghdfs", "iceberghdfscluster",
    "iceberglocal", "icebergs3", "icebergs3cluster", "input", "jdbc", "kafka", "loop", "mongodb", "mysql", "nats", "odbc", "oss",
    "paimon", "paimonazure", "paimoncluster", "paimonlocal", "paimons3", "postgresql", "prometheusquery", "prometheusqueryrange",
    "python", "rabbitmq", "redis", "remote", "remotesecure", "s3", "s3cluster", "sqlite", "url", "urlcluster", "ytsaurus",
    "timeseriesdata", "timeseriesmetrics", "timeseriestags", "aigenerateembedding", "aigenerate", "generateembedding",
    "addresstoline", "addresstolinewithinlines", "addresstosymbol", "demangle", "sleep", "sleepeachrow", "getoskernelversion",
    "dictget", "serveruuid", "getserversetting", "getmergetreesetting",
}  # fmt: skip


def tokens(statement: str) -> list[Token]:
    """The tokens of a statement without white space and comments."""
    found: list[Token] = []
    for match in _TOKEN.finditer(statement):
        kind, text = match.lastgroup, match.group()
        if kind == "space":
            continue
        if kind == "tag":  # the inner group of a heredoc closes last
            kind = "heredoc"
        if kind in {"backquoted", "doublequoted"}:
            found.append(Token("quoted", _unquoted(text), match.start(), match.end()))
        elif kind in {"string", "heredoc"}:
            found.append(Token("string", text, match.start(), match.end()))
        else:
            found.append(Token("word" if kind == "word" else "other", text, match.start(), match.end()))
    return found


def why_refused(statement: str) -> str:
    """Why a reader may not send this statement; empty where nothing speaks against handing it to the engine."""
    found = tokens(statement)
    if not found:
        return "The statement is empty."
    if found[0].text.lower() not in READS:
        return f"Cannot execute {found[0].text.upper()[:40]} without the write token."
    for index, token in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        if token.kind == "other" and token.text == ";" and following is not None:
            return "One statement at a time."
        if token.kind in {"word", "quoted"} and following is not None:
            name = token.text.lower()
            if following.text == "(" and following.kind == "other" and name in REFUSED_FUNCTIONS:
                return f"The function {name} is not available through the door."
            if token.kind == "word" and name == "into" and following.text.lower() == "outfile":
                return "INTO OUTFILE is not available through the door."
    return ""


class Cut(NamedTuple):
    """A statement without its FORMAT clause, the format that it named, and the data that followed (of an INSERT)."""

    sql: str
    format: str
    data: bytes
    inserts: bool
    """True where data in `format` is to be inserted; INSERT ... SELECT and INSERT ... VALUES are statements as they are."""


def cut(text: bytes) -> Cut:
    """Cut one statement as it came over HTTP. Data of an INSERT begins after the line break behind `FORMAT name`."""
    head = text[: 1 << 20].decode("latin-1") if text[:64].lstrip()[:6].lower() == b"insert" else ""
    if head:
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
    found = iter(_TOKEN.finditer(head))
    depth = 0
    for match in found:
        word = match.group().lower()
        depth += (word == "(") - (word == ")")
        if match.lastgroup != "word" or depth:
            continue
        if word in {"select", "with", "values"}:
            break
        if word == "format":
            name = next((m for m in found if m.lastgroup != "space"), None)
            if name is None:
                break
            rest = re.match(r"[ \t\f\r]*;?[ \t\f\r]*\n?", head[name.end() :])
            start = name.end() + (rest.end() if rest else 0)
            return Cut(text[: match.start()].decode("utf-8", "replace"), name.group(), text[start:], inserts=True)
    else:
        return Cut(text.decode("utf-8", "replace").rstrip().rstrip(";"), "", b"", inserts=True)
    return Cut(text.decode("utf-8", "replace").rstrip().rstrip(";"), "", b"", inserts=False)


def _unquoted(text: str) -> str:
    quote = text[0]
    return re.sub(r"\\(.)", r"\1", text[1:-1].replace(quote * 2, quote), flags=re.DOTALL)
