"""The list of commands, their arguments and their help; and the one place where an error becomes an exit code."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from assay import __version__
from assay.errors import AssayError, NotFound, QueryError, TryLater

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction["_Parser"]

DONE, NOT_FOUND, CHANGE_SOMETHING, LATER, INTERRUPTED = 0, 1, 2, 3, 130

INTRODUCTION = """\
Assay takes OTLP telemetry of LLM applications, maps every dialect to the same columns, and answers in SQL.

  assay demo                       see it work with made-up traffic, in a temporary folder
  assay serve                      take OTLP on 127.0.0.1:4317 (gRPC) and :4318 (HTTP), answer SQL on :8123
  assay find --error --since 1h    which traces went wrong
  assay trace ID                   the whole pipeline of one of them
  assay top --by model,cohort:tenant
                                   percentiles, errors and cost by cohort
"""

EXIT_CODES = """\
Exit codes: 0 done · 1 not found, or a check failed · 2 change something (usage, settings, a refused statement)
            3 try later, the store does not answer · 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = parser().parse_args(argv)
    module, _, function = arguments.verb.partition(":")
    try:
        code: int = getattr(import_module(module), function)(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (`head`, a pager) left; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except AssayError as error:
        sys.stderr.write(f"assay: {_brief(error)}\n")
        if isinstance(error, NotFound):
            return NOT_FOUND
        return LATER if isinstance(error, TryLater) else CHANGE_SOMETHING
    return code


def _brief(error: AssayError) -> str:
    """The sentence without the statement that the engine repeats in it."""
    return (
        re.sub(r" In scope .*?\.?(?=\. \([A-Z_]+\))", "", str(error), flags=re.DOTALL)
        if isinstance(error, QueryError)
        else str(error)
    )


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(prog="assay", description=INTRODUCTION, epilog=EXIT_CODES)
    top.add_argument("--version", action="version", version=f"assay {__version__}")
    verbs = top.add_subparsers(metavar="COMMAND", required=True, title="commands", parser_class=_Parser)
    _programs(verbs)
    _questions(verbs)
    _datasets(verbs)
    _upkeep(verbs)
    return top


class _Parser(argparse.ArgumentParser):
    """Keeps the line breaks of examples, and says where help is when a command is wrong."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        self.exit(CHANGE_SOMETHING, f"assay: {message}. See `{self.prog} --help`.\n")


def _programs(verbs: "Verbs") -> None:
    served = _verb(
        verbs, "serve", "assay.cli.serve:run_serve",
        "take OTLP, store it, settle traces, and answer SQL: everything on one machine",
        """\
Listens on loopback unless told otherwise. Ctrl-C or SIGTERM stops taking requests, commits what was taken, and ends.

  assay serve                                            data in ~/.local/share/assay
  assay serve --dsn chdb:///var/lib/assay                data elsewhere
  assay serve --dsn http://user:password@db:8123/assay   a ClickHouse server instead of the embedded engine
  assay serve --set receiver.grpc.port=14317             another port (0: any free one, printed at start)
  assay serve --set receiver.grpc.host=0.0.0.0           other machines may send; read about tokens and TLS first
  assay serve --with-scorer                              judge settled traces too, offline unless a key is set
""",
    )  # fmt: skip
    served.add_argument(
        "--with-scorer",
        action="store_true",
        help="judge settled traces too, in the process beside the receiver that settles them",
    )
    received = _verb(
        verbs, "receive", "assay.cli.serve:run_receive",
        "take OTLP and store it elsewhere; several may share one store",
        """\
  assay receive --dsn http://user:password@db:8123/assay
  assay receive --config receiver.yaml                 the DSN from store.dsn_file, so that it is in no command line
""",
    )  # fmt: skip
    settled = _verb(
        verbs,
        "settle",
        "assay.cli.serve:run_settle",
        "settle traces and build rollups in a store that receivers write to; run one",
        "  assay settle --dsn http://user:password@db:8123/assay\n",
    )
    scored = _verb(
        verbs,
        "score",
        "assay.cli.serve:run_score",
        "judge settled traces in a store that others write to; several divide the traces by judges.ordinal",
        """\
Without judges.anthropic.api_key_file or judges.openai.base_url only the offline judges run. Budgets: judges.hourly_usd, judges.daily_usd.

  assay score                                                          beside `assay serve`, through its door
  assay score --dsn ... --set judges.anthropic.api_key_file=/run/key   hosted judges, redacted texts
  assay score --dsn ... --set judges.ordinal=1 --set judges.scorers=3   the second of three
""",
    )
    for one in (served, received, settled, scored):
        one.add_argument(
            "--json", action="store_true", help="say where everything listens in one line of JSON on standard output"
        )
    demo = _verb(
        verbs, "demo", "assay.cli.demo:run_demo",
        "see it work: serve in a temporary folder, send believable traffic, show a trace and percentiles",
        """\
  assay demo            half a minute on two idle cores, then it cleans up after itself
  assay demo --keep     stays up until Ctrl-C, so that you can look around
""",
        common=False,
    )  # fmt: skip
    demo.add_argument("--keep", action="store_true", help="stay up until Ctrl-C")
    demo.add_argument(
        "--traces", type=_at_least_one, default=600, help="how many traces to send (default: %(default)s)"
    )
    demo.add_argument("--seed", type=int, default=7, help="another seed gives other traffic (default: %(default)s)")
    made = _verb(
        verbs, "simulate", "assay.cli.simulate:run_simulate",
        "believable traffic of RAG, agent, extraction and chat applications, with the truth beside it",
        """\
  assay simulate --out traffic --traces 2000                      files, and truth.jsonl: what is wrong with which trace
  assay simulate --out traffic --format json                      OTLP/JSON, one request a line
  assay simulate --endpoint http://127.0.0.1:4318                 a day of traffic at once
  assay simulate --endpoint grpc://127.0.0.1:4317 --rate 5 --duration 600
  assay simulate --out traffic --faults retrieval_miss,tool_failure.tool_timeout --fault-rate 0.5
  assay simulate --list                                           every fault and the ways in which it shows
""",
        common=False,
    )  # fmt: skip
    made.add_argument("--out", default="", metavar="FOLDER", help="write files into this folder")
    made.add_argument(
        "--format", choices=("protobuf", "json"), default="protobuf", help="of the files (default: %(default)s)"
    )
    made.add_argument(
        "--endpoint", default="", metavar="URL", help="send: http://host:4318, https://host:4318 or grpc://host:4317"
    )
    made.add_argument("--token", default="", help="bearer token of the workspace")
    made.add_argument("--truth", default="", metavar="FILE", help="with --endpoint: write the truth here")
    made.add_argument(
        "--traces",
        type=_at_least_one,
        default=1000,
        metavar="N",
        help="how many (default: %(default)s); not with --rate",
    )
    made.add_argument(
        "--hours",
        type=float,
        default=24.0,
        metavar="H",
        help="length of the period that they fall into (default: %(default)s)",
    )
    made.add_argument(
        "--rate",
        type=float,
        default=0.0,
        metavar="R",
        help="traces a second, as they happen now; 0: all at once, in the past",
    )
    made.add_argument("--duration", type=float, default=0.0, metavar="S", help="with --rate: seconds; 0: until Ctrl-C")
    made.add_argument(
        "--faults",
        default="",
        metavar="LIST",
        help="labels or classes, separated by commas (default: all, and some incidents)",
    )
    made.add_argument(
        "--fault-rate",
        type=float,
        default=0.08,
        metavar="P",
        help="share of conversations with a fault (default: %(default)s)",
    )
    made.add_argument("--seed", type=int, default=7, help="another seed gives other traffic (default: %(default)s)")
    made.add_argument("--list", action="store_true", help="list the faults")
    _json(made)


def _questions(verbs: "Verbs") -> None:
    ask = _verb(
        verbs, "query", "assay.cli.ask:run_query",
        "run one SQL statement",
        """\
  assay query "SELECT model, count(), sum(cost) FROM generations GROUP BY model"
  assay query "SELECT * FROM traces ORDER BY duration_ms DESC LIMIT 5" --json
  assay query "SELECT * FROM retrieved_documents" --format Parquet > documents.parquet
  echo "SHOW TABLES" | assay query -
""",
    )  # fmt: skip
    ask.add_argument("sql", metavar="SQL", help="the statement, or - to read it from standard input")
    ask.add_argument("--format", default="", help="a ClickHouse format: CSVWithNames, JSONEachRow, Parquet, ...")
    _json(ask)

    trace = _verb(
        verbs, "trace", "assay.cli.ask:run_trace",
        "the whole pipeline of one trace, stage by stage",
        """\
  assay trace 4bf92f3577b34da6a3ce929d0e0e4736
  assay trace 4bf92f3577b34da6a3ce929d0e0e4736 | pbcopy     plain text, for the incident channel
  assay trace 4bf92f3577b34da6a3ce929d0e0e4736 --json       everything, texts in full
""",
    )  # fmt: skip
    trace.add_argument("id", metavar="ID", help="trace id, 32 hexadecimal digits")
    _json(trace)
    _workspace(trace)

    find = _verb(
        verbs, "find", "assay.cli.ask:run_find",
        "traces that fit every condition: errors first, then the slowest",
        """\
  assay find --user u-1042 --since 7d
  assay find --text "refund policy" --label tenant=acme
  assay find --slow 10000 --model gpt-4o
  assay find --error --since 1h --json | jq -r '.[].trace_id'
""",
    )  # fmt: skip
    find.add_argument(
        "--request", default="", metavar="ID", help="request id of the application, or response id of the provider"
    )
    find.add_argument("--user", default="", metavar="ID", help="end user")
    find.add_argument("--conversation", default="", metavar="ID", help="conversation or session")
    find.add_argument("--text", default="", metavar="WORDS", help="all of these words in the question or in the answer")
    find.add_argument(
        "--label", default="", metavar="KEY=VALUE", help="cohort label: tenant, locale, segment, release, flags"
    )
    find.add_argument("--model", default="", help="model that was asked for or that answered")
    find.add_argument("--service", default="", help="service that took part")
    find.add_argument("--slow", type=float, default=0.0, metavar="MS", help="lasted at least this many milliseconds")
    find.add_argument("--expensive", type=float, default=0.0, metavar="USD", help="cost at least this much")
    find.add_argument("--error", action="store_true", help="some span failed")
    _since(find, "24h")
    _limit(find, 20)
    _json(find)
    _workspace(find)

    top = _verb(
        verbs, "top", "assay.cli.ask:run_top",
        "percentiles, errors and cost by cohort, the slowest tail first",
        """\
  assay top --by model,prompt_version,cohort:tenant
  assay top --by service,stage --stage all          where the time goes
  assay top --by model --sort ratio                 whose tail is heaviest against its own p95
  assay top --by hour --service checkout-bot --since 7d
""",
    )  # fmt: skip
    top.add_argument(
        "--by", default="model,prompt_version", metavar="LIST",
        help="up to four of service, stage, operation, model, prompt_version, hour, and one cohort:LABEL (default: %(default)s)",
    )  # fmt: skip
    top.add_argument(
        "--stage", default="generation", help="stage whose spans are measured, or all (default: %(default)s)"
    )
    top.add_argument("--service", default="", help="only this service")
    top.add_argument(
        "--sort",
        choices=("p50", "p95", "p99", "ratio", "spans", "errors", "cost"),
        default="p99",
        help="(default: %(default)s)",
    )
    top.add_argument(
        "--min-spans", type=_at_least_one, default=1, metavar="N", help="leave out groups that are smaller"
    )
    _since(top, "24h", "; the hour that it falls into counts whole")
    _limit(top, 30)
    _json(top)
    _workspace(top)

    failures = _verb(
        verbs, "failures", "assay.cli.ask:run_failures",
        "what is failing, for whom, since when, with example traces",
        """\
  assay failures --since 1h
  assay failures --label safety_policy --service checkout-bot
  assay failures --json | jq -r '.[0].examples[0]' | xargs assay trace
""",
    )  # fmt: skip
    failures.add_argument("--label", default="", metavar="LABEL", help="a class or a class.kind of the taxonomy")
    failures.add_argument("--service", default="", help="only this service")
    failures.add_argument("--all", action="store_true", help="also what is only noteworthy (severity info)")
    _since(failures, "24h")
    _json(failures)
    _workspace(failures)

    quality = _verb(
        verbs, "quality", "assay.cli.quality:run_quality",
        "how good the answers were by judge and cohort: rates and means of all traffic, with intervals; and how far judges agree with people",
        """\
  assay quality --since 7d
  assay quality --calibrate                                   after labels were added
  assay quality --by prompt_version --judge faithfulness
  assay quality --by cohort:tenant --json
""",
    )  # fmt: skip
    quality.add_argument(
        "--by", default="", metavar="PART",
        help="service, model, prompt_version, route, release, environment, or cohort:LABEL (default: all traffic together)",
    )  # fmt: skip
    quality.add_argument("--judge", default="", metavar="ID", help="only this judge")
    quality.add_argument("--dimension", default="", help="only this dimension: faithfulness, relevance, ...")
    quality.add_argument(
        "--calibrate",
        action="store_true",
        help="compare judges with people's labels first, as the scorer does now and then",
    )
    _since(quality, "7d")
    _json(quality)
    _workspace(quality)

    label = _verb(
        verbs, "label", "assay.cli.label:run_label",
        "people say how good answers were: on this terminal, or by file",
        """\
Walks through traces drawn from what a judge has scored, without telling what it said. Every keystroke is stored at once, and the same
command goes on where it was left. A file is imported as a whole, or with one wrong line not at all.

  assay label --dimension faithfulness --count 60              60 traces, those that others have done only now and then
  assay label --dimension faithfulness --queue todo.csv        the same traces as a file, to be filled in elsewhere
  assay label --import todo.csv --labeller ann                 what was filled in; JSON lines (.jsonl) too
  assay label --export labels.jsonl --source expert            everything that experts said
""",
    )  # fmt: skip
    label.add_argument("--dimension", default="", help="what is labelled (default: faithfulness; --export: everything)")
    label.add_argument(
        "--judge",
        default="",
        metavar="ID",
        help="draw from what this judge has scored (default: a hosted one, if any has)",
    )
    label.add_argument("--labeller", default="", metavar="NAME", help="who labels (default: your login name)")
    label.add_argument(
        "--source",
        default="",
        metavar="WHO",
        help="expert, corrected or end_user: never mixed (default: expert; --export: all)",
    )
    label.add_argument(
        "--count",
        type=_at_least_one,
        default=60,
        metavar="N",
        help="how many traces people are asked about (default: %(default)s)",
    )
    label.add_argument(
        "--again", type=float, default=0.2, metavar="SHARE",
        help="of what others have labelled, to be labelled by you too: shows how far people agree (default: %(default)s)",
    )  # fmt: skip
    label.add_argument(
        "--since", default="", metavar="TIME", help="24h, 7d, or 2026-11-21T09:30:00 (default: 7d; --export: ever)"
    )
    how = label.add_mutually_exclusive_group()
    how.add_argument(
        "--import",
        dest="imported",
        default="",
        metavar="FILE",
        help="store the labels of a file; - for JSON lines on standard input",
    )
    how.add_argument(
        "--export", default="", metavar="FILE", help="write labels to a file; - for JSON lines on standard output"
    )
    how.add_argument("--queue", default="", metavar="FILE", help="write the traces that are to be labelled to a file")
    _json(label)
    _workspace(label)


def _datasets(verbs: "Verbs") -> None:
    export = _verb(
        verbs, "export", "assay.cli.dataset:run_export",
        "traces as a regression set: one JSON line each, with input, context, expected answer and provenance",
        """\
  assay export --out refunds.jsonl --label unsupported_generation --since 7d
  assay export --out low.jsonl --score 'faithfulness<0.5' --judge faithfulness
  assay export --out unhappy.jsonl --feedback negative --limit 50
  assay export --out slow.jsonl --query "SELECT trace_id FROM traces ORDER BY duration_ms DESC LIMIT 50"
  assay export 4bf92f3577b34da6a3ce929d0e0e4736 --full

A trace has to fit every condition. Personal data and secrets are taken out as for judges (workspaces.<name>.judges_get), unless --full.
""",
    )  # fmt: skip
    export.add_argument("ids", nargs="*", metavar="ID", help="trace ids")
    export.add_argument("--out", default="", metavar="FILE", help="write here, at once or not at all (default: standard output)")  # fmt: skip
    export.add_argument("--name", default="", help="name of the set (default: that of the file)")
    export.add_argument(
        "--label", default="", metavar="LABEL", help="a class or a class.kind of the taxonomy was found"
    )
    export.add_argument(
        "--score", default="", metavar="CONDITION", help="a judge scored it so, like 'faithfulness<0.5'"
    )
    export.add_argument(
        "--judge", default="", metavar="ID", help="this judge scored it; with --score, its scores count"
    )
    export.add_argument("--feedback", default="", choices=("negative", "positive"), help="what users said, or let slip in their next turn")  # fmt: skip
    export.add_argument("--query", default="", metavar="SQL", help="a statement that answers trace_id, or - to read it from standard input")  # fmt: skip
    export.add_argument("--full", action="store_true", help="keep texts as they are stored")
    export.add_argument("--since", default="", metavar="TIME", help="24h, 7d, or 2026-11-21T09:30:00 (default: 7d; with ids or --query: any time)")  # fmt: skip
    _limit(export, 200)
    _workspace(export)

    again = _verb(
        verbs, "replay", "assay.cli.dataset:run_replay",
        "ask an application every item of a regression set again, and judge the answers before and after",
        """\
  assay replay refunds.jsonl --command "python my_app.py"
  assay replay refunds.jsonl --url http://127.0.0.1:8000/answer --fail-if-worse
  assay replay refunds.jsonl --command "python my_app.py" --run 5f1c20a9e3b7      go on with a run that was interrupted

The application gets an item as JSON (standard input, or the body of a POST). It answers with text, or with JSON: {"answer": "..."}, and
"context" and "tools" like the item's where they changed. Rows are in the view replays.
""",
    )  # fmt: skip
    again.add_argument("dataset", metavar="SET", help="file that `assay export` wrote")
    how = again.add_mutually_exclusive_group(required=True)
    how.add_argument("--command", default="", metavar="COMMAND", help="program to run for each item")
    how.add_argument("--url", default="", metavar="URL", help="address to post each item to")
    again.add_argument("--shell", action="store_true", help="let /bin/sh read the command")
    again.add_argument("--timeout", type=_above_zero, default=60.0, metavar="S", help="seconds that one answer may take (default: %(default)g)")  # fmt: skip
    again.add_argument("--concurrency", type=_at_least_one, default=4, metavar="N", help="items that are asked at once (default: %(default)s)")  # fmt: skip
    again.add_argument("--judge", default="", metavar="ID", help="only this judge; `*` stands for anything (default: judges.enabled)")  # fmt: skip
    again.add_argument("--run", default="", metavar="ID", help="go on with this run")
    again.add_argument("--fail-if-worse", action="store_true", help="exit code 1 where the interval of a difference is below zero, an item has no new answer, or nothing could be compared")  # fmt: skip
    _json(again)


def _above_zero(text: str) -> float:
    if not (value := float(text)) > 0:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return value


def _at_least_one(text: str) -> int:
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def _upkeep(verbs: "Verbs") -> None:
    doctor = _verb(
        verbs,
        "doctor",
        "assay.cli.doctor:run_doctor",
        "is the store there, up to date and keeping up; and which line of instrumentation is missing",
        """\
  assay doctor
  assay doctor --since 1h --json
  assay doctor --store --dsn http://user:password@db:8123/assay   every promise of the store, in a database of its own
""",
    )
    doctor.add_argument(
        "--store", action="store_true", help="run the store contract: makes databases of its own and drops them"
    )
    doctor.add_argument(
        "--reader", default="", metavar="DSN", help="with --store: also what this user may not do (for Grafana's user)"
    )
    _since(doctor, "24h")
    _json(doctor)
    _workspace(doctor)

    migrate = _verb(
        verbs,
        "migrate",
        "assay.cli.upkeep:run_migrate",
        "bring the schema to what this release needs; safe to repeat, and `assay serve` does it at start",
        "  assay migrate --dsn http://user:password@db:8123/assay\n",
    )
    _json(migrate)

    remap = _verb(
        verbs,
        "remap",
        "assay.cli.upkeep:run_remap",
        "apply this release's dialect tables to spans that are already stored",
        "  assay remap --since 7d\n  assay remap --since 24h --every-span\n",
    )
    remap.add_argument("--since", required=True, metavar="TIME", help="how far back: 24h, 7d, or 2026-11-21T09:30:00")
    remap.add_argument(
        "--every-span",
        action="store_true",
        help="also spans that stand at this release's tables: after a change of label keys or prices",
    )
    _json(remap)

    check = _verb(
        verbs, "check", "assay.cli.upkeep:run_check_again",
        "label stored spans again with this release's checks; findings that no longer hold are taken back",
        "  assay check --since 7d\n",
    )  # fmt: skip
    check.add_argument("--since", required=True, metavar="TIME", help="how far back: 24h, 7d, or 2026-11-21T09:30:00")
    _json(check)

    erase = _verb(
        verbs, "erase", "assay.cli.upkeep:run_erase",
        "erase everything of one user, conversation or trace, texts included",
        """\
  assay erase --user u-1042 --yes
  assay erase --conversation c-77 --workspace default
""",
    )  # fmt: skip
    what = erase.add_mutually_exclusive_group(required=True)
    what.add_argument("--user", default="", metavar="ID", help="end user")
    what.add_argument("--conversation", default="", metavar="ID", help="conversation or session")
    what.add_argument("--trace", default="", metavar="ID", help="trace")
    erase.add_argument("--yes", action="store_true", help="do not ask")
    erase.add_argument("--workspace", default="default", help="workspace to erase in (default: %(default)s)")
    _json(erase)

    config = _verb(
        verbs, "config", "", "look at the settings", "  assay config check\n  assay config show\n", common=False
    )
    inner = config.add_subparsers(metavar="COMMAND", required=True, title="commands", parser_class=_Parser)
    check = _verb(
        inner,
        "check",
        "assay.cli.settings:run_check",
        "whether the settings can be used",
        "  assay config check --config assay.yaml\n",
    )
    _json(check)
    show = _verb(
        inner,
        "show",
        "assay.cli.settings:run_show",
        "every setting, secrets masked, and where it came from",
        "  assay config show\n",
    )
    _json(show)
    _verb(
        inner,
        "reference",
        "assay.cli.settings:run_reference",
        "every setting with its meaning, as Markdown",
        "  assay config reference\n",
    )


def _verb(
    verbs: "Verbs", name: str, runs: str, says: str, examples: str, *, common: bool = True
) -> argparse.ArgumentParser:
    """One command; `common` gives it the arguments that say where settings and data are."""
    one: argparse.ArgumentParser = verbs.add_parser(
        name, help=says, description=says[:1].upper() + says[1:] + ".", epilog="examples:\n" + examples
    )
    one.set_defaults(verb=runs)
    if common:
        place = one.add_argument_group("where settings and data are")
        place.add_argument(
            "--config", metavar="FILE", help="settings (default: $ASSAY_CONFIG, or assay.yaml in this folder)"
        )
        place.add_argument("--dsn", metavar="DSN", help="chdb:///folder, or http(s)://user:password@host:8123/database")
        place.add_argument(
            "--set",
            action="append",
            metavar="NAME=VALUE",
            help="one setting, like --set door.port=8124; may be repeated",
        )
    return one


def _json(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="one JSON document instead of text")


def _workspace(one: argparse.ArgumentParser) -> None:
    one.add_argument("--workspace", default="", metavar="NAME", help="only this workspace")


def _since(one: argparse.ArgumentParser, default: str, also: str = "") -> None:
    one.add_argument(
        "--since", default=default, metavar="TIME", help=f"24h, 7d, or 2026-11-21T09:30:00{also} (default: %(default)s)"
    )


def _limit(one: argparse.ArgumentParser, default: int) -> None:
    one.add_argument(
        "--limit",
        type=_at_least_one,
        default=default,
        metavar="N",
        help="at most this many rows (default: %(default)s)",
    )


if __name__ == "__main__":
    sys.exit(main())
