"""Questions to the store: `query`, `trace`, `find`, `top`, `failures`."""

import sys
from argparse import Namespace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from assay.cli.connect import reading
from assay.cli.output import console, print_json, print_table, since
from assay.cli.tree import NO_HASH, assemble, dollars, duration, hashes_of, message_text, render, shortened
from assay.clock import SystemClock
from assay.errors import ConfigError, NotFound
from assay.store.store import Store, query
from assay.taxonomy import kinds

DIMENSIONS = ("service", "stage", "operation", "model", "prompt_version", "hour")
SORTS = {"p50": "p50_ms", "p95": "p95_ms", "p99": "p99_ms", "ratio": "p99_to_p95", "spans": "spans", "errors": "errors", "cost": "cost_usd"}  # fmt: skip
HASHES_A_QUESTION = 500
FAILURES = ("error", "warning")
SEVERITIES = (*FAILURES, "info")


def run_query(arguments: Namespace) -> int:
    """`assay query`: one statement, from the command line or standard input."""
    sql = sys.stdin.read() if arguments.sql == "-" else arguments.sql
    if not sql.strip():
        raise ConfigError('The statement is empty. Write it like "SELECT count() FROM traces".')
    with reading(arguments) as store:
        if arguments.format:
            sys.stdout.buffer.write(store.raw(sql, arguments.format))
            return 0
        rows = store.rows(sql)
    if arguments.json:
        print_json(rows)
    elif rows:
        print_table(rows)
    else:
        console().print("(no rows)", style="dim")
    return 0


def run_trace(arguments: Namespace) -> int:
    """`assay trace`: the whole pipeline of one trace."""
    trace_id = arguments.id.strip().lower().replace("-", "")
    with reading(arguments) as store:
        trace = read_trace(store, trace_id, arguments.workspace)
    if arguments.json:
        print_json(trace)
        return 0
    print_trace(trace)
    return 0


def read_trace(store: Store, trace_id: str, workspace: str = "") -> dict[str, Any]:
    """One trace as nested plain values; see `assay.cli.tree`. Raises when it is not there or in several workspaces."""
    rows = store.rows(query("trace_spans"), {"trace_id": trace_id, "workspace": workspace})
    if not rows:
        raise NotFound(
            f"No trace {trace_id}. Ids are 32 hexadecimal digits; `assay find --since 24h` lists recent ones."
        )
    workspaces = sorted({row["workspace"] for row in rows})
    if len(workspaces) > 1:
        raise ConfigError(f"Trace {trace_id} is in workspaces {', '.join(workspaces)}. Choose one with --workspace.")
    findings = store.rows(query("trace_findings"), {"trace_id": trace_id, "workspace": workspaces[0]})
    feedback = store.rows(query("trace_feedback"), {"trace_id": trace_id, "workspace": workspaces[0]})
    return assemble(trace_id, rows, _texts(store, workspaces[0], hashes_of(rows)), findings, feedback)


def print_trace(trace: dict[str, Any]) -> None:
    """The trace as a tree on standard output."""
    out = console()
    for line in render(trace, width=out.width):
        out.print(line)


def run_find(arguments: Namespace) -> int:
    """`assay find`: traces that fit every condition."""
    key, equals, value = (arguments.label or "").partition("=")
    if arguments.label and not (key and equals):
        raise ConfigError(f"--label {arguments.label}: write it as KEY=VALUE, like --label tenant=acme.")
    parameters = {
        "request": arguments.request, "user": arguments.user, "conversation": arguments.conversation,
        "model": arguments.model, "service": arguments.service, "label_key": key, "label_value": value,
        "words": arguments.text, "slow_ms": arguments.slow, "expensive_usd": arguments.expensive,
        "errors_only": int(arguments.error), "workspace": arguments.workspace, "limit": arguments.limit,
        "since": _moment(arguments),
    }  # fmt: skip
    with reading(arguments) as store:
        rows = store.rows(query("find_traces"), parameters)
        questions: dict[tuple[str, str], str] = {}
        for workspace in {row["workspace"] for row in rows}:
            hashes = [row["question_hash"] for row in rows if row["workspace"] == workspace]
            texts = _texts(store, workspace, [one for one in dict.fromkeys(hashes) if one != NO_HASH])
            questions.update({(workspace, one): message_text(text) for one, text in texts.items()})
    for row in rows:
        row["question"] = questions.get((row["workspace"], row.pop("question_hash")), "")
    if arguments.json:
        print_json(rows)
    elif rows:
        print_table([_found(row) for row in rows])
        if len(rows) == arguments.limit:
            console().print(f"The first {len(rows)}; more with --limit.", style="dim")
    else:
        sys.stderr.write(f"No trace since {arguments.since} fits. Look further back with --since 7d.\n")
    return 0 if rows else 1


def _found(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "trace": row["trace_id"],
        "start (UTC)": row["start_time"].strftime("%Y-%m-%d %H:%M:%S"),
        "duration": duration(row["duration_ms"]),
        "service": row["service"],
        "root": shortened(row["root_name"], 28),
        "models": shortened(", ".join(row["models"]), 36),
        "cost": dollars(row["cost_usd"]),
        "error": row["error_type"] or ("error" if row["errors"] else ""),
        "question": shortened(row["question"], 60),
    }


def run_failures(arguments: Namespace) -> int:
    """`assay failures`: what is failing, for whom, since when, with example traces."""
    if arguments.label and arguments.label not in {*kinds(), *(one.partition(".")[0] for one in kinds())}:
        near = get_close_matches(arguments.label, kinds(), 1, 0.4)
        raise ConfigError(f"--label {arguments.label}: no such label." + (f" Did you mean {near[0]}?" if near else ""))
    with reading(arguments) as store:
        rows = failures_since(
            store, _moment(arguments), workspace=arguments.workspace, service=arguments.service, label=arguments.label,
            severities=SEVERITIES if arguments.all else FAILURES,
        )  # fmt: skip
    if arguments.json:
        print_json([{**row, "fix": kinds()[row["label"]].fix, "owner": kinds()[row["label"]].owner} for row in rows])
    elif rows:
        print_failures(rows)
    else:
        sys.stderr.write(
            f"No failures since {arguments.since}. `assay doctor` says whether enough is captured to see them.\n"
        )
    return 0


def failures_since(
    store: Store,
    moment: datetime,
    *,
    workspace: str = "",
    service: str = "",
    label: str = "",
    severities: tuple[str, ...] = FAILURES,
) -> list[dict[str, Any]]:
    """Rows of `queries/failures.sql`, the label with the most traces first."""
    parameters = {
        "since": moment,
        "workspace": workspace,
        "service": service,
        "label": label,
        "severities": list(severities),
    }
    return store.rows(query("failures"), parameters)


def print_failures(rows: list[dict[str, Any]]) -> None:
    """The table of `assay failures`, and what usually mends the first few."""
    print_table(
        [
            {
                "label": row["label"],
                "severity": row["severity"],
                "traces": row["traces"],
                "of asked": f"{100 * row['spans'] / row['asked']:.2f} % of {row['asked']:,}" if row["asked"] else "–",
                "since (UTC)": row["first_seen"].strftime("%m-%d %H:%M"),
                "last": row["last_seen"].strftime("%m-%d %H:%M"),
                "services": shortened(", ".join(row["services"]), 28),
                "models": shortened(", ".join(row["models"]), 34),
                "prompts": shortened(", ".join(row["prompt_versions"]), 18),
                "example": row["examples"][0] if row["examples"] else "",
            }
            for row in rows
        ]
    )
    out = console()
    for row in rows[:3]:
        kind = kinds()[row["label"]]
        out.print(f"{row['label']}: {kind.definition} {kind.fix} ({kind.owner})", style="dim")


def run_top(arguments: Namespace) -> int:
    """`assay top`: percentiles by cohort."""
    with reading(arguments) as store:
        rows = read_top(store, arguments, _moment(arguments))
    if arguments.json:
        print_json(rows)
    elif rows:
        print_top(rows)
    else:
        sys.stderr.write(f"No spans since {arguments.since} fit. Look further back with --since 7d.\n")
    return 0 if rows else 1


def read_top(store: Store, arguments: Namespace, moment: datetime) -> list[dict[str, Any]]:
    """Rows of `assay top`, dimensions first."""
    names = [name.strip() for name in arguments.by.split(",") if name.strip()]
    labels = [name.removeprefix("cohort:") for name in names if name.startswith("cohort:")]
    unknown = [name for name in names if name not in DIMENSIONS and not name.startswith("cohort:")]
    if unknown or len(labels) > 1 or len(names) > 4:
        raise ConfigError(
            f"--by {arguments.by}: up to four of {', '.join(DIMENSIONS)}, and one cohort label like cohort:tenant."
        )
    asked = ["cohort" if name.startswith("cohort:") else name for name in names]
    parameters: dict[str, Any] = {f"by{i + 1}": asked[i] if i < len(asked) else "" for i in range(4)}
    parameters |= {
        "cohort_key": labels[0] if labels else "", "workspace": arguments.workspace, "service": arguments.service,
        "stage": "" if arguments.stage == "all" else arguments.stage, "since": moment, "min_spans": arguments.min_spans,
    }  # fmt: skip
    rows = store.rows(query("top_cohorts"), parameters)
    kept = ("spans", "errors", "p50_ms", "p95_ms", "p99_ms", "p99_to_p95", "ttft_p95_ms", "input_tokens", "output_tokens", "cost_usd", "unpriced")  # fmt: skip
    shaped = [
        {name: row[f"d{i + 1}"] for i, name in enumerate(names)}
        | {name: None if isinstance(row[name], float) and row[name] != row[name] else row[name] for name in kept}
        for row in rows
    ]
    column = SORTS[arguments.sort]
    shaped.sort(key=lambda row: -1.0 if row[column] is None else float(row[column]), reverse=True)
    return shaped[: arguments.limit]


def print_top(rows: list[dict[str, Any]]) -> None:
    """The table of `assay top`."""
    measured = {"spans", "errors", "p50_ms", "p95_ms", "p99_ms", "p99_to_p95", "ttft_p95_ms", "input_tokens", "output_tokens", "cost_usd", "unpriced"}  # fmt: skip

    def ms(value: float | None) -> str:
        return "–" if value is None else duration(value)

    print_table(
        [
            {name: value or "–" for name, value in row.items() if name not in measured}
            | {
                "spans": row["spans"],
                "errors": f"{100 * row['errors'] / row['spans']:.1f} %",
                "p50": ms(row["p50_ms"]),
                "p95": ms(row["p95_ms"]),
                "p99": ms(row["p99_ms"]),
                "p99:p95": "–" if row["p99_to_p95"] is None else f"{row['p99_to_p95']:.2f}",
                "first token p95": ms(row["ttft_p95_ms"]),
                "tokens in → out": f"{row['input_tokens']:,} → {row['output_tokens']:,}",
                "cost": dollars(row["cost_usd"]) + (" or more" if row["unpriced"] else ""),
            }
            for row in rows
        ]
    )


def _texts(store: Store, workspace: str, hashes: list[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for first in range(0, len(hashes), HASHES_A_QUESTION):
        asked = {"workspace": workspace, "hashes": hashes[first : first + HASHES_A_QUESTION]}
        texts.update({row["content_hash"]: row["text"] for row in store.rows(query("texts_by_hash"), asked)})
    return texts


def _moment(arguments: Namespace) -> datetime:
    return since(arguments.since, SystemClock().now_ns())
