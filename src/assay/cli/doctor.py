"""`assay doctor`: is the store there, may we use it, is it up to date, does it keep up, and what can it not see."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any, NamedTuple

from assay.app.contract import Item, contract, reader_contract
from assay.cli.connect import configuration, reachable, reading, writing
from assay.cli.output import console, print_json, shown, since
from assay.clock import SystemClock
from assay.config.model import Config
from assay.errors import AssayError, QueryError
from assay.store.dsn import parse_dsn
from assay.store.migrate import scripts, view_marks
from assay.store.store import Store, query

ENOUGH = 0.95
"""Share of a stage's spans that must carry an attribute before it counts as instrumented; the rest is noise."""

LATE_SETTLING = timedelta(minutes=5)
LATE_ROLLUP = timedelta(minutes=20)
WRITTEN = ("spans", "spans_raw", "bodies", "log_records", "finding_rows", "feedback_rows", "trace_labels", "rollups")
"""Tables that receivers and the settler cannot do without."""


class Check(NamedTuple):
    """One thing that was looked at. `next_step` is empty where it is fine."""

    name: str
    ok: bool
    said: str
    next_step: str = ""


class Lacking(NamedTuple):
    """An attribute that diagnosis needs and a service does not send."""

    service: str
    dialect: str
    stage: str
    attribute: str
    spans: int
    carrying: int
    blind: str
    line: str


# Column of the view coverage: stages that need it, what is blind without it, the line that is missing.
# Attribute names: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ (now in its own repository).
NEEDS = (
    ("with_model", {"generation", "embedding"}, "cost and latency by model",
     'span.set_attribute("gen_ai.request.model", model)'),
    ("with_tokens", {"generation"}, "cost, truncation and context limits",
     'span.set_attribute("gen_ai.usage.input_tokens", usage.input_tokens); span.set_attribute("gen_ai.usage.output_tokens", usage.output_tokens)'),
    ("with_content", {"generation"}, "every check of what was said",
     "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY   (environment of the service; older packages: =true)"),
    ("with_prompt_version", {"generation"}, "which prompt change moved a number",
     'span.set_attribute("gen_ai.prompt.name", "answer"); span.set_attribute("gen_ai.prompt.version", "v7")'),
    ("with_finish_reason", {"generation"}, "answers that were cut off or blocked",
     'span.set_attribute("gen_ai.response.finish_reasons", [choice.finish_reason])'),
    ("with_conversation", {"generation"}, "inconsistency and history over a conversation",
     'span.set_attribute("gen_ai.conversation.id", session_id)'),
    ("with_document_ids", {"retrieval", "rerank"}, "retrieval misses and stale or dropped sources",
     'span.set_attribute("gen_ai.retrieval.documents", json.dumps([{"id": d.id, "score": d.score} for d in documents]))'),
    ("with_document_scores", {"retrieval", "rerank"}, "low relevance and wrong ranking",
     'span.set_attribute("gen_ai.retrieval.documents", json.dumps([{"id": d.id, "score": d.score} for d in documents]))'),
    ("with_query", {"retrieval", "rerank"}, "bad query rewriting",
     'span.set_attribute("gen_ai.retrieval.query.text", query)'),
    ("with_tool_arguments", {"tool"}, "tools that are called with wrong arguments",
     'span.set_attribute("gen_ai.tool.call.arguments", json.dumps(arguments))'),
    ("with_tool_result", {"tool"}, "results that were ignored or made up",
     'span.set_attribute("gen_ai.tool.call.result", json.dumps(result))'),
)  # fmt: skip


def run_doctor(arguments: Namespace) -> int:
    """Exit code 1 when something needs doing about the store itself; gaps in instrumentation are listed, not failed."""
    if arguments.store:
        return _run_contract(arguments)
    checks: list[Check] = []
    gaps: list[Lacking] = []
    config = configuration(arguments).config
    try:
        with reading(arguments) as store:
            checks.append(Check("connection", True, f"{store.dsn} answers"))
            checks.extend(_looked_at(store, config))
            moment = since(arguments.since, SystemClock().now_ns())
            asked = {"workspace": arguments.workspace, "since": moment.date()}
            gaps = list(lacking(store.rows(query("coverage_since"), asked)))
        checks.append(_may_write(arguments))
    except QueryError as refused:
        checks.append(Check("questions", False, str(refused), "Run `assay migrate`; then check the user's grants."))
    except AssayError as failed:
        dsn = parse_dsn(config.store)
        checks.append(
            Check("connection", False, str(failed), f"Check that something serves {dsn}, or name it with --dsn.")
        )
    healthy = all(check.ok for check in checks)
    if arguments.json:
        print_json(
            {
                "ok": healthy,
                "checks": [check._asdict() for check in checks],
                "gaps": [gap._asdict() for gap in gaps],
            }
        )
    else:
        _print(checks, gaps)
    return 0 if healthy else 1


def _run_contract(arguments: Namespace) -> int:
    """The store contract, a verdict per item as it is known; exit code 1 when one failed."""
    items: list[Item] = []
    out = console()
    found = contract(reachable(arguments), SystemClock())
    if arguments.reader:
        settings = configuration(arguments).config.store
        found = chain(found, reader_contract(settings.model_copy(update={"dsn": arguments.reader, "dsn_file": ""})))
    for item in found:
        items.append(item)
        if not arguments.json:
            mark = {"ok": "ok    ", "failed": "FAILED", "not applicable": "–     "}[item.verdict]
            out.print(f"{mark} {item.name}: {item.said or item.verdict}", markup=False)
    failed = [item for item in items if item.verdict == "failed"]
    if arguments.json:
        print_json({"ok": not failed, "items": [item._asdict() for item in items]})
    else:
        out.print(f"{len(items) - len(failed)} of {len(items)} items hold.", markup=False)
    return int(bool(failed))


def lacking(rows: list[dict[str, Any]]) -> Iterator[Lacking]:
    """What is missing, from rows of `queries/coverage_since.sql`."""
    for row in rows:
        for column, stages, blind, line in NEEDS:
            if row["stage"] in stages and row["spans"] and row[column] < ENOUGH * row["spans"]:
                attribute = column.removeprefix("with_").replace("_", " ")
                yield Lacking(
                    row["service"],
                    row["dialect"],
                    row["stage"],
                    attribute,
                    int(row["spans"]),
                    int(row[column]),
                    blind,
                    line,
                )


def _may_write(arguments: Namespace) -> Check:
    next_step = "Fine for who only reads. Receivers and the settler need grants like those of assay_write (docs/operations.md), a door its token."
    try:
        with writing(arguments) as store:
            for table in WRITTEN:
                store.command(query("may_insert"), {"table": table})
    except AssayError as refused:
        return Check("writing", False, str(refused), next_step)
    return Check("writing", True, f"rows may be inserted into {len(WRITTEN)} of {len(WRITTEN)} tables")


def _looked_at(store: Store, config: Config) -> Iterator[Check]:
    applied = {row["name"]: row["checksum"] for row in store.rows(query("schema_state"))}
    wanted = {one.name: one.checksum for one in scripts("migrations")} | view_marks()
    missing = sorted(name for name, checksum in wanted.items() if applied.get(name) != checksum)
    yield Check(
        "schema", not missing, f"{len(wanted) - len(missing)} of {len(wanted)} scripts are as this release has them",
        f"Run `assay migrate` (missing: {', '.join(missing)})." if missing else "",
    )  # fmt: skip
    lag = store.rows(query("lag"))[0]
    if not lag["spans"]:
        yield Check(
            "spans", False, "nothing has arrived yet", "Point a Collector or an SDK at the OTLP port of `assay serve`."
        )
    else:
        yield Check("spans", True, f"{lag['spans']:,} rows, the newest arrived {shown(lag['newest_insert'])} UTC")
        # A time that has never moved reads as 1970.
        waits = lag["newest_insert"] > lag["settled_until"] and lag["now"] - lag["settled_until"] > LATE_SETTLING
        yield Check(
            "settling", not waits,
            "has never run" if lag["settled_until"].year < 2000 else f"traces that were quiet by {shown(lag['settled_until'])} UTC are settled",
            "Start the settler: it is part of `assay serve`, or run `assay settle`." if waits else "",
        )  # fmt: skip
        behind = lag["now"] - lag["frontier"] if lag["frontier"] else None
        never = behind is None or lag["frontier"].year < 2000
        late = never or (behind is not None and behind > LATE_ROLLUP)
        yield Check(
            "rollups", not late,
            "have never been built" if never else f"hold spans up to {shown(lag['frontier'])} UTC",
            "Start the settler: it is part of `assay serve`, or run `assay settle`." if late else "",
        )  # fmt: skip
    health = store.health()
    crowded = health.max_parts > config.receiver.max_parts
    yield Check(
        "parts", not crowded, f"{health.max_parts} in the busiest partition, {health.bytes_on_disk / 1e6:,.1f} MB on disk",
        "Merges fall behind: send less, or give the store more cores." if crowded else "",
    )  # fmt: skip


def _print(checks: list[Check], gaps: list[Lacking]) -> None:
    out = console()
    for check in checks:
        out.print(
            f"{'ok   ' if check.ok else 'WRONG'} {check.name}: {check.said}",
            style="" if check.ok else "bold red",
            markup=False,
        )
        if check.next_step:
            out.print(f"      {check.next_step}", markup=False)
    if not gaps:
        return
    out.print()
    out.print("What is not instrumented cannot be seen:", style="bold")
    heard = ""
    for gap in gaps:
        place = f"{gap.service or '(no service.name)'} · {gap.stage} · {gap.dialect}"
        if place != heard:
            out.print(f"\n{place}", style="bold", markup=False)
            heard = place
        out.print(f"  {gap.attribute}: {gap.carrying:,} of {gap.spans:,} spans. Blind: {gap.blind}.", markup=False)
        out.print(f"      {gap.line}", style="cyan", markup=False)
    sys.stdout.flush()
