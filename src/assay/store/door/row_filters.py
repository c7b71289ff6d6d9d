"""Row filters that Grafana's data source adds to a statement when a person chooses ad-hoc filters.

    ... settings additional_table_filters={'spans_live' : ' service = \\'api\\' AND model IN (\\'a\\',\\'b\\') '}

The engine would take any expression there, in place of the filters that keep a reader to its rows. So the clause is cut off, and what
is put back beside those filters are comparisons of a column with literals, written anew: a name, an operator, values, AND, OR.
https://github.com/grafana/clickhouse-datasource/blob/main/src/data/adHocFilter.ts
"""

from collections.abc import Iterator, Mapping

from assay.store.door.statement import Token, tokens, unquoted
from assay.store.engine import literal

_COMPARISONS = {"=", "!=", "<>", "<", ">", "<=", ">="}
_MATCHES = {"LIKE", "ILIKE", "REGEXP"}
_END = Token("other", "", 0, 0)


class NotAComparison(Exception):
    """A filter that holds more than comparisons of columns with values."""


def cut_row_filters(sql: str, database: str) -> tuple[str, dict[str, str]]:
    """The statement without the clause, and a condition by `database.table`; the statement as it is where it has no such clause.

    Raises `NotAComparison`.
    """
    found = tokens(sql)
    words = [token.text.lower() for token in found]
    starts = [at for at in range(len(words) - 3) if words[at : at + 3] == ["settings", "additional_table_filters", "="]]
    if not starts:
        return sql, {}
    start = starts[-1]
    clause = iter(found[start + 3 :])
    filters: dict[str, str] = {}
    _expect(clause, "{")
    while True:
        table = _string(next(clause, _END))
        _expect(clause, ":")
        name = table if "." in table else f"{database}.{table}"
        filters[name] = _conditions(_string(next(clause, _END)))
        if _expect(clause, ",", "}") == "}":
            break
    after = next(clause, _END)
    if after.text not in ("", ";"):
        raise NotAComparison(f"{after.text[:40]!r} behind the filters")
    return sql[: found[start].start].rstrip(), filters


def beside(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """Both: a row of a table is shown where all that is said of the table holds. What only they say of comes last, since the
    engine takes the first filter that fits a table or its alias.
    """
    both = {name: f"({rows}) AND ({theirs[name]})" if name in theirs else rows for name, rows in ours.items()}
    return both | {name: rows for name, rows in theirs.items() if name not in ours}


def _conditions(text: str) -> str:
    """The comparisons of a filter, written anew."""
    rest = iter(tokens(text))
    written: list[str] = []
    while True:
        column, following = _column(rest)
        operator, following = _operator(following, rest)
        written.append(f"{column} {operator} {_values(operator, following, rest)}")
        joined = next(rest, _END)
        if joined is _END:
            return " ".join(written)
        if joined.text.upper() not in {"AND", "OR"}:
            raise NotAComparison(f"{joined.text[:40]!r} instead of AND or OR")
        written.append(joined.text.upper())


def _column(rest: Iterator[Token]) -> tuple[str, Token]:
    """A column, `table.column` or `column['key']`, and the token behind it."""
    name, following = next(rest, _END), next(rest, _END)
    if following.text == "." and following.kind == "other":
        name, following = next(rest, _END), next(rest, _END)
    if name.kind not in {"word", "quoted"}:
        raise NotAComparison(f"{name.text[:40]!r} is no column")
    column = "`" + name.text.replace("\\", "\\\\").replace("`", "\\`") + "`"
    if following.text == "[" and following.kind == "other":
        column += f"[{literal(_string(next(rest, _END)))}]"
        _expect(rest, "]")
        following = next(rest, _END)
    return column, following


def _operator(first: Token, rest: Iterator[Token]) -> tuple[str, Token]:
    """The operator, and the token behind it."""
    if first.kind == "word":
        word, following = first.text.upper(), next(rest, _END)
        if word == "NOT":
            word, following = f"NOT {following.text.upper()}", next(rest, _END)
        if word.removeprefix("NOT ") in {*_MATCHES, "IN"}:
            return word, following
        raise NotAComparison(f"{word[:40]!r} is no operator of a filter")
    following = next(rest, _END)
    if following.kind == "other" and first.text + following.text in _COMPARISONS:
        return first.text + following.text, next(rest, _END)
    if first.text not in _COMPARISONS:
        raise NotAComparison(f"{first.text[:40]!r} is no operator of a filter")
    return first.text, following


def _values(operator: str, first: Token, rest: Iterator[Token]) -> str:
    """A literal; of IN a list of them."""
    if not operator.endswith("IN"):
        return _literal(first, rest)
    if first.text != "(" or first.kind != "other":
        raise NotAComparison("IN takes a list of values in brackets")
    values = [_literal(next(rest, _END), rest)]
    while _expect(rest, ",", ")") == ",":
        values.append(_literal(next(rest, _END), rest))
    return f"({', '.join(values)})"


def _literal(token: Token, rest: Iterator[Token]) -> str:
    sign = ""
    if token.text == "-" and token.kind == "other":
        sign, token = "-", next(rest, _END)
    if token.kind == "string" and not sign:
        return literal(unquoted(token))
    try:
        float(token.text if token.kind == "other" else "")
    except ValueError as cause:
        raise NotAComparison(f"{token.text[:40]!r} is no value") from cause
    return sign + token.text


def _string(token: Token) -> str:
    if token.kind != "string":
        raise NotAComparison(f"{token.text[:40]!r} where a quoted text is due")
    return unquoted(token)


def _expect(rest: Iterator[Token], *wanted: str) -> str:
    token = next(rest, _END)
    if token.kind != "other" or token.text not in wanted or token is _END:
        raise NotAComparison(f"{token.text[:40]!r} instead of {' or '.join(wanted)}")
    return token.text
