"""A regression set asked again: every item goes to the application, and the same judges score the answer as it was and the new one.

    Item ─► command or URL ─► new answer ─┐
      └──► answer as it was ──────────────┴─► the same judges ─► rows of `replay_rows` ─► paired differences with intervals

An item whose answer fails costs no other one; it has no new score. What has rows of the run without an error is not asked again, so that
a run that was interrupted goes on.
"""

import http.client
import os
import shlex
import signal
import ssl
import subprocess
import urllib.parse
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from assay.checks.redact import redact
from assay.clock import Clock
from assay.config.egress import egress_policy
from assay.config.model import EgressPolicy, Workspace
from assay.errors import ConfigError
from assay.judges.case import outgoing
from assay.judges.item import Item, NewAnswer, case_of_item
from assay.judges.verdict import Judgement, Unscored, Verdict
from assay.scorer.dataset import Dataset
from assay.scorer.judging import ask
from assay.scorer.panel import Seat
from assay.scorer.verdicts import Took
from assay.stats.estimate import hajek
from assay.stats.resample import Interval
from assay.store.store import Store, query

LONGEST_ANSWER_BYTES = 4_000_000
SHOWN_ERROR = 300
"""Characters of what a program said as it failed."""
WRITE_EVERY_SECONDS = 2.0
"""Answers may be dear: a run that is killed loses no more than these."""
SEED = 0
LEAST_CONVERSATIONS = 6
"""With fewer, there is no interval: were all of five to change for the worse, a sign test would still say 1 in 32."""


class Failed(NamedTuple):
    """There is no new answer, and why."""

    error: str


Application = Callable[[Item], NewAnswer | Failed]
"""Asks an application. May be called from several threads."""


def by_command(command: str, *, timeout_seconds: float, shell: bool = False) -> Application:
    """Runs a program for every item: the item as JSON on its standard input, its answer on its standard output. No shell reads the
    command unless `shell`. Raises `ConfigError` where there is nothing to run."""
    try:
        words = ["/bin/sh", "-c", command] if shell else shlex.split(command)
    except ValueError as cause:
        raise ConfigError(f"--command: {cause}. Quote it like in a shell, or say --shell.") from cause
    if not words or not command.strip():
        raise ConfigError("--command: it is empty. Name the program: --command 'python my_app.py'.")

    def asked(item: Item) -> NewAnswer | Failed:
        try:
            program = subprocess.Popen(  # noqa: S603 - it is the user's own command
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
            )  # fmt: skip
        except OSError as cause:
            return Failed(f"{words[0]} cannot be run: {cause.strerror}")
        try:
            said, complained = program.communicate(msgspec.json.encode(item), timeout_seconds)
        except subprocess.TimeoutExpired:
            # What it started goes with it.
            with suppress(OSError):
                os.killpg(program.pid, signal.SIGKILL)
            program.communicate()
            return Failed(f"no answer within {timeout_seconds:g} s")
        if program.returncode:
            last = complained.decode(errors="replace").strip()[-SHOWN_ERROR:]
            return Failed(f"ended with {program.returncode}: {last}" if last else f"ended with {program.returncode}")
        return read_answer(said)

    return asked


def by_url(url: str, *, timeout_seconds: float) -> Application:
    """Posts every item as JSON. Raises `ConfigError` for what is no address."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"--url: {url!r} is no address. Write it like http://127.0.0.1:8000/answer.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host, port = parts.hostname, parts.port

    def asked(item: Item) -> NewAnswer | Failed:
        connection = (
            http.client.HTTPSConnection(
                host, port, timeout=timeout_seconds, context=ssl.create_default_context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=timeout_seconds)
        )  # fmt: skip
        try:
            connection.request("POST", path, msgspec.json.encode(item), {"content-type": "application/json"})
            answer = connection.getresponse()
            body = answer.read(LONGEST_ANSWER_BYTES + 1)
            if answer.length and len(body) <= LONGEST_ANSWER_BYTES:
                return Failed(f"{answer.length} bytes of the answer are missing")
        except TimeoutError:
            return Failed(f"no answer within {timeout_seconds:g} s")
        except (OSError, http.client.HTTPException) as error:
            return Failed(f"{type(error).__name__}: {error}"[:SHOWN_ERROR])
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            return Failed(f"status {answer.status}: {body[:SHOWN_ERROR].decode(errors='replace').strip()}")
        return read_answer(body)

    return asked


def read_answer(said: bytes) -> NewAnswer | Failed:
    """What an application answered: JSON with `answer`, and `context` and `tools` where they changed; anything else is the answer itself."""
    if len(said) > LONGEST_ANSWER_BYTES:
        return Failed(f"an answer of more than {LONGEST_ANSWER_BYTES:,} bytes")
    try:
        text = said.decode().strip()
    except UnicodeDecodeError:
        return Failed("the answer is no UTF-8")
    if not text:
        return Failed("an empty answer")
    try:
        value = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return NewAnswer(text)
    if not isinstance(value, dict) or "answer" not in value:
        # An application may answer in JSON.
        return NewAnswer(text)
    try:
        new = msgspec.convert(value, NewAnswer)
    except msgspec.MsgspecError as error:
        return Failed(f"JSON of another shape: {error}")
    return new if new.answer.strip() else Failed("an empty answer")


_TEXT, _NUMBER = pa.string(), pa.float64()
REPLAY_TYPES: dict[str, pa.DataType] = {
    "workspace": _TEXT, "dataset": _TEXT, "dataset_version": _TEXT, "run": _TEXT, "item": _TEXT, "trace_id": _TEXT,
    "conversation_id": _TEXT, "at": pa.timestamp("ms", tz="UTC"), "judge_id": _TEXT, "judge_version": pa.uint16(), "judge_model": _TEXT,
    "rubric": _TEXT, "dimension": _TEXT, "score_before": _NUMBER, "score_after": _NUMBER, "label_before": _TEXT, "label_after": _TEXT,
    "unscored_before": _TEXT, "unscored_after": _TEXT, "explanation": _TEXT, "output": _TEXT, "error": _TEXT, "cost_usd": _NUMBER,
}  # fmt: skip


def replay(
    store: Store,
    clock: Clock,
    dataset: Dataset,
    application: Application,
    seats: Sequence[Seat],
    workspaces: Mapping[str, Workspace],
    *,
    run: str,
    concurrency: int,
    input_characters: int,
) -> Generator[tuple[Item, str], None, None]:
    """Asks and judges what the run has no rows for, and stores it; gives each item as it is done, with its error (empty: none). Closed
    early, it stores what is done. Raises `StoreUnavailable`."""
    asked = {"run": run, "dataset_version": dataset.version}
    done: dict[str, set[str]] = defaultdict(set)
    for row in store.rows(query("replay_rows_of_run"), asked):
        if not row["error"]:
            done[row["item"]].add(f"{row['judge_id']}@{row['judge_version']}")
    wanted = {seat.judge.key for seat in seats}
    left = [item for item in dataset.items if not wanted <= done[item.id]]
    rows: list[dict[str, Any]] = []

    def work(item: Item) -> tuple[Item, str, list[dict[str, Any]]]:
        new = application(item)
        error = new.error if isinstance(new, Failed) else ""
        policy = egress_policy(workspaces, item.fact("workspace"))
        made = [
            _row(
                item,
                new,
                seat,
                policy,
                clock,
                input_characters=input_characters,
                full=dataset.header.texts == "full",
            )
            for seat in seats
        ]
        place = {
            "workspace": item.fact("workspace") or "default", "dataset": dataset.header.name, "dataset_version": dataset.version,
            "run": run, "item": item.id, "trace_id": item.fact("trace_id"), "conversation_id": item.fact("conversation_id"),
            "at": clock.now_ns() // 1_000_000, "error": error,
        }  # fmt: skip
        return item, error, [place | one for one in made]

    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="replay")
    try:
        written_at = clock.monotonic()
        for future in as_completed([pool.submit(work, item) for item in left]):
            item, error, made = future.result()
            rows += made
            if clock.monotonic() - written_at >= WRITE_EVERY_SECONDS:
                _write(store, rows)
                rows, written_at = [], clock.monotonic()
            yield item, error
    finally:
        pool.shutdown(cancel_futures=True)
        _write(store, rows)


def _row(
    item: Item,
    new: NewAnswer | Failed,
    seat: Seat,
    policy: EgressPolicy,
    clock: Clock,
    *,
    input_characters: int,
    full: bool,
) -> dict[str, Any]:
    def judged(answer: NewAnswer | None) -> tuple[Judgement, Took]:
        case = case_of_item(item, seat.judge, answer)
        if not isinstance(case, Unscored) and seat.caller is not None:
            case = outgoing(case, policy, input_characters)
        if isinstance(case, Unscored):
            return case, Took(seat.judge.model, cost_usd=0.0)
        judgement, took = ask(seat, case, clock)
        return judgement or Unscored("unavailable"), took

    before, took = judged(None)
    after, again = judged(new) if isinstance(new, NewAnswer) else (None, Took("", cost_usd=0.0))
    costs = [one.cost_usd for one in (took, again)]
    kept: Callable[[str], str] = (lambda text: text) if full else redact
    return {
        "judge_id": seat.judge.id, "judge_version": seat.judge.version, "judge_model": took.model, "rubric": seat.judge.rubric_hash,
        "dimension": seat.judge.dimension,
        "score_before": _score(before), "label_before": _label(before), "unscored_before": _reason(before),
        "score_after": _score(after), "label_after": _label(after), "unscored_after": _reason(after),
        "explanation": kept(after.explanation) if after else "", "output": kept(new.answer) if isinstance(new, NewAnswer) else "",
        "cost_usd": None if None in costs else sum(one or 0.0 for one in costs),
    }  # fmt: skip


def _score(judgement: Judgement | None) -> float | None:
    return judgement.score if isinstance(judgement, Verdict) else None


def _label(judgement: Judgement | None) -> str:
    return judgement.label if isinstance(judgement, Verdict) else ""


def _reason(judgement: Judgement | None) -> str:
    return judgement.reason if isinstance(judgement, Unscored) else ""


def _write(store: Store, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        store.insert(
            "replay_rows",
            pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in REPLAY_TYPES.items()}),
        )


class Difference(NamedTuple):
    """What changed for one judge, over the items that have a score before and after."""

    judge_id: str
    judge_version: int
    dimension: str
    items: int
    before: float
    after: float
    difference: Interval
    """Of the mean: positive is better. Conversations vary, not items; fewer than `LEAST_CONVERSATIONS` say nothing of where it ends."""
    better: int
    worse: int
    unscored: int
    """Items that have no score before, or none after."""
    levels: dict[str, tuple[int, int]]
    """By level of the judge, how many of the items had it before and have it after."""

    @property
    def is_worse(self) -> bool:
        """Whether the new answers are worse, with 97.5 % confidence."""
        return self.difference.high < 0


def compare(rows: Iterable[Mapping[str, Any]]) -> list[Difference]:
    """What changed, from rows of one run: by judge, on the same items."""
    judges: dict[tuple[str, int, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        judges[row["judge_id"], row["judge_version"], row["dimension"]].append(row)
    return [_difference(*judge, mine) for judge, mine in sorted(judges.items())]


def _difference(judge_id: str, version: int, dimension: str, rows: Sequence[Mapping[str, Any]]) -> Difference:
    paired = [row for row in rows if row["score_before"] is not None and row["score_after"] is not None]
    before = np.array([row["score_before"] for row in paired], float)
    after = np.array([row["score_after"] for row in paired], float)
    change = after - before
    clusters = [row["conversation_id"] or row["item"] for row in paired]
    # `hajek` estimates means of values from 0 to 1.
    found = hajek((change + 1) / 2, np.ones(len(paired)), clusters=clusters, seed=SEED)
    # Rounded, so that no change is none.
    interval = Interval(*(round(2 * one - 1, 12) for one in (found.estimate, found.low, found.high)))
    if len(set(clusters)) < LEAST_CONVERSATIONS:
        interval = Interval(interval.estimate, float("nan"), float("nan"))
    return Difference(
        judge_id, version, dimension, len(paired), _mean(before), _mean(after), interval,
        int((change > 0).sum()), int((change < 0).sum()), len(rows) - len(paired),
        _levels(paired),
    )  # fmt: skip


def _levels(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    before, after = (Counter(row[f"label_{side}"] for row in rows) for side in ("before", "after"))
    return {level: (before[level], after[level]) for level in sorted({*before, *after} - {""})}


def _mean(values: "np.ndarray[Any, Any]") -> float:
    return float(values.mean()) if len(values) else float("nan")
