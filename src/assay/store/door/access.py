"""Who may set what, which rows of the engine's own tables a reader sees, and what a session remembers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assay.clock import Clock
from assay.config.model import DoorListener
from assay.store.door.row_filters import beside
from assay.store.door.statement import tokens, unquoted
from assay.store.engine import Connection, literal

SESSION_SECONDS, MAX_SESSION_SECONDS, MAX_SESSIONS = 60.0, 3_600.0, 1_000

# What a reader may set: how an answer looks and how hard the engine works for it. Limits may only be lowered. What is accepted
# and changes nothing for a reader (`insert_...`, `..._timeout`) is here because clients send it without being asked.
READER_SETTINGS = re.compile(
    r"(output_format_|input_format_|format_)\w+|date_time_(out|in)put_format|max_threads|max_block_size|session_timezone|"
    r"use_client_time_zone|use_uncompressed_cache|optimize_\w+|join_algorithm|join_use_nulls|group_by_overflow_mode|"
    r"priority|result_overflow_mode|distributed_group_by_no_merge|enable_(analyzer|positional_arguments|optimize_\w+)|extremes|"
    r"final|max_rows_to_group_by|max_bytes_before_external_\w+|max_rows_to_read|max_bytes_to_read|read_overflow_mode|"
    r"timeout_overflow_mode|aggregate_functions_null_for_empty|connect_timeout|receive_timeout|send_timeout|"
    r"date_time_overflow_behavior|cast_\w+|low_cardinality_\w+|http_(send|receive|connection)_timeout|insert_deduplicate|"
    r"insert_null_as_default|async_insert|wait_for_async_insert"
)
# Of those, what names a file (to read, or to write: `output_format_schema`) or a host, or shows what the engine hides.
_NEVER = re.compile(
    r"format_(schema|template|avro_schema_registry)\w*|input_format_record_errors_file_path|output_format_schema|"
    r"format_display_secrets\w*"
)
SHOWN_SYSTEM_TABLES = {
    "aggregate_function_combinators", "build_options", "clusters", "codecs", "collations", "columns", "completions", "contributors",
    "current_roles", "data_skipping_index_types", "data_skipping_indices", "data_type_families", "database_engines", "databases",
    "dictionaries", "documentation", "enabled_roles", "events", "formats", "functions", "keywords", "licenses", "macros",
    "merge_tree_settings", "merges", "metrics", "mutations", "numbers", "numbers_mt", "one", "parts", "parts_columns", "primes",
    "privileges", "projections", "replicas", "roles", "settings", "settings_changes", "table_engines", "table_functions", "tables",
    "time_zones", "tokenizers", "unicode", "view_refreshes", "zeros", "zeros_mt",
}  # fmt: skip
"""Tables of the engine that readers see whole. Of `processes` they see their own statement; every other one (statements of other
callers, errors with pieces of data, files, users; also one that a later engine brings) is empty to them."""

# Accepted and not passed on: the engine's own values hold for every reader.
# The query cache does not tell readers of different workspaces apart.
_FIXED = {
    "readonly",
    "max_query_size",
    "log_comment",
    "result_overflow_mode",
    "timeout_overflow_mode",
    "use_query_cache",
}

SHARED_TABLES = {"progress", "rollup_commits", "rollup_requests", "schema_scripts"}
"""Tables of ours that hold nothing of any workspace: how far upkeep is, and the versions of the schema."""
HIDDEN_FROM_WORKSPACES = {"mutations", "errors"}
"""Tables of the engine that quote what others wrote: a reader of one workspace does not see them."""


class Refused(Exception):
    """An answer other than 200, with ClickHouse's code."""

    def __init__(self, code: int, name: str, message: str, status: int = 0) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {message.rstrip('.')}. ({name}) (version 26.9 (assay door))")
        self.code = code
        self.status = status or STATUS.get(code, 500)


# https://github.com/ClickHouse/ClickHouse/blob/master/src/Server/HTTP/exceptionCodeToHTTPStatus.cpp
STATUS = {
    code: status
    for status, codes in {
        400: (6, 26, 27, 36, 38, 41, 42, 43, 53, 62, 69, 70, 72, 73, 117, 130, 131, 168, 446, 456, 457),
        401: (194,),
        403: (164, 192, 193, 392, 452, 497, 516),
        404: (16, 46, 47, 60, 81, 115),
        408: (159, 160),
        413: (307,),
        501: (48,),
        503: (202, 373),
    }.items()
    for code in codes
}


@dataclass(slots=True)
class Session:
    """What a session remembers: a writer's connection, a reader's settings."""

    timeout_seconds: float
    used_at: float
    busy: bool = False
    connection: Connection | None = None
    settings: dict[str, str] = field(default_factory=dict)
    database: str = ""


class Sessions:
    """Open sessions, those of each owner apart: the writer, and the readers of each workspace."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[tuple[str, str], Session] = {}

    def take(self, parameters: Mapping[str, str], owner: str) -> Session | None:
        """The session that `session_id` names, for this caller alone until `give_back`; None where none is named.

        Raises `Refused` where it is in use (373), is asked for as existing and is not (372), or there are too many (202).
        """
        name = parameters.get("session_id", "")
        if not name:
            return None
        now = self._clock.monotonic()
        for key in [k for k, s in self._open.items() if not s.busy and now - s.used_at > s.timeout_seconds]:
            self._drop(key)
        session = self._open.get((owner, name))
        if session is None:
            if parameters.get("session_check") == "1":
                raise Refused(372, "SESSION_NOT_FOUND", f"Session {name} is not there or has expired", 404)
            if len(self._open) >= MAX_SESSIONS:
                raise Refused(202, "TOO_MANY_SIMULTANEOUS_QUERIES", f"There are {MAX_SESSIONS} sessions; close one")
            asked = parameters.get("session_timeout", "")
            seconds = min(float(asked), MAX_SESSION_SECONDS) if asked.isdecimal() else SESSION_SECONDS
            session = self._open[owner, name] = Session(seconds, now)
        if session.busy:
            raise Refused(373, "SESSION_IS_LOCKED", f"Session {name} is locked by a concurrent client")
        session.busy = True
        return session

    def give_back(self, session: Session, parameters: Mapping[str, str], owner: str) -> None:
        """Let the next caller use it; `close_session=1` ends it."""
        session.busy = False
        session.used_at = self._clock.monotonic()
        if parameters.get("close_session") == "1":
            self._drop((owner, parameters.get("session_id", "")))

    def close(self) -> None:
        """End all sessions; nobody uses one any more."""
        for key in list(self._open):
            self._drop(key)

    def _drop(self, key: tuple[str, str]) -> None:
        session = self._open.pop(key, None)
        if session is not None and session.connection is not None:
            session.connection.close()


def rows_shown(
    system_tables: Iterable[str],
    mark: str,
    workspace: str = "",
    tables: Mapping[str, bool] = {},
    asked: Mapping[str, str] = {},
) -> str:
    """Value of the setting `additional_table_filters` for a reader whose statements carry `mark`.

    With a `workspace`, of the `tables` (`Engine.tables`) only its rows are shown, through whatever view they are read. `asked` are
    conditions by table that the statement brought (`row_filters.cut_row_filters`); they take rows away and show none.
    The engine takes the first filter whose name is the table's or its alias in the statement; so the one that shows rows is last.
    """
    shown = SHOWN_SYSTEM_TABLES - HIDDEN_FROM_WORKSPACES if workspace else SHOWN_SYSTEM_TABLES
    filters = {f"system.{name}": "0" for name in sorted(system_tables) if name not in {*shown, "processes"}}
    if workspace:
        own_rows = f"workspace = {literal(workspace)}"
        filters |= {
            name: own_rows if has else "0"
            for name, has in sorted(tables.items())
            if has or name.partition(".")[2] not in SHARED_TABLES
        }
    filters["system.processes"] = f"Settings['log_comment'] = {literal(mark)}"
    filters = beside(filters, asked)
    return "{" + ", ".join(f"{literal(name)}: {literal(rows)}" for name, rows in filters.items()) + "}"


def reader_settings(
    asked: Mapping[str, str], session: Session | None, listener: DoorListener, shown: str
) -> dict[str, str | int | float]:
    """All settings of a reader's connection, in the order in which they are set; `shown` comes from `rows_shown`.

    Raises `Refused` for one not on the list.
    """
    settings: dict[str, str | int | float] = dict(session.settings) if session else {}
    ceilings: dict[str, float] = {
        "max_execution_time": listener.max_execution_seconds,
        "max_memory_usage": listener.max_memory_bytes,
        "max_result_rows": listener.max_result_rows,
    }
    for name, value in asked.items():
        if name in ceilings:
            ceilings[name] = _lower(ceilings[name], value)
        elif name not in _FIXED:
            allow(name)
            settings[name] = value
    fixed: dict[str, str | int | float] = {
        "result_overflow_mode": "throw", "timeout_overflow_mode": "throw", "allow_ddl": 0,
        "allow_introspection_functions": 0, "additional_table_filters": shown, "readonly": 1,
    }  # fmt: skip
    return {**settings, **ceilings, **fixed}


def allow(setting: str) -> None:
    """Raises `Refused` where a reader may not set it."""
    if not READER_SETTINGS.fullmatch(setting) or _NEVER.fullmatch(setting):
        raise Refused(
            452,
            "SETTING_CONSTRAINT_VIOLATION",
            f"Setting {setting[:60]} should not be changed. Readers may set only how an answer looks, and lower limits",
        )


def remember(session: Session, sql: str) -> bool:
    """A reader's SET and USE change the session, not a connection; True where the statement was one of them.

    Raises `Refused` for a SET of what a reader may not set, or of what cannot be read as `name = value, ...`.
    """
    found = tokens(sql)
    words = [token.text for token in found]
    if not found or words[0].lower() not in {"set", "use"}:
        return False
    if words[0].lower() == "use":
        named = words[2:] if len(words) == 3 and words[1].lower() == "database" else words[1:]
        if len(named) != 1 or found[-1].kind not in {"word", "quoted"}:
            raise Refused(62, "SYNTAX_ERROR", "Syntax error: USE takes the name of a database")
        session.database = named[0]
        return True
    settings: dict[str, str] = {}
    for start in range(1, max(len(words), 2), 4):
        assignment = found[start : start + 3]
        comma = words[start + 3 : start + 4]
        if (
            len(assignment) != 3
            or assignment[0].kind == "string"
            or words[start + 1] != "="
            or comma not in ([], [","])
        ):
            raise Refused(62, "SYNTAX_ERROR", "Syntax error: SET takes name = value, and more of them behind commas")
        allow(words[start])
        settings[words[start]] = unquoted(assignment[2])
    session.settings.update(settings)
    return True


def writer_settings(asked: Mapping[str, str]) -> dict[str, str]:
    """Settings as a writer asked for them. Raises `Refused` for what cannot be the name of one."""
    for name in asked:
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise Refused(115, "UNKNOWN_SETTING", f"Unknown setting {name[:60]!r}")
    return dict(asked)


def _lower(ceiling: float, asked: str) -> float:
    try:
        wanted = float(asked)
    except ValueError:
        return ceiling
    # 0 means no limit, to ClickHouse.
    return min(ceiling, int(wanted) if wanted.is_integer() else wanted) if wanted > 0 else ceiling
