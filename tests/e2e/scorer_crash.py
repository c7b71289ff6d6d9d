"""Every sampled trace has one verdict a judge, or a reason why not, whatever is killed.

    python -m tests.e2e.scorer_crash --kills 30 [--outage-seconds 120] [--traces-per-second 4]

A sender gives traces to `assay serve`; one in five gets a last span, a failed tool, long after it has settled. Three `assay score`
processes divide the traces and write over the door; they are killed with SIGKILL in turn. The hosted judge is a loopback server that
speaks Messages and Message Batches (nothing hosted can be reached here); for two minutes it answers 529. In the end

- every trace whose draw is below the probability that its findings ask for has one row a judge about its last revision,
- no row stands for a trace that was not drawn, and every row has a score or a reason,
- the server has answered no more than what is in the ledger of what was spent.

Prints the counts; the last line is PASS or FAIL.
"""

import argparse
import json
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from assay.scorer.sample import WANTED, draw
from tests.contract.judges.kit import Answer, ModelServer, Seen, error, message
from tests.e2e.processes import Assay, Program, free_port, http_get, http_post, wait_for
from tests.golden.traces import request_of

SCORERS = 3
LATE = 5
"""One trace in so many gets a late span."""
LATE_SECONDS = 12.0
FAILS = 3
"""One trace in so many has a failed tool from the beginning."""
JUDGES = ("offline.relevance", "refusal_correctness", "tone")
OFFLINE_FLOOR = 0.5
SECONDS_A_KILL = 5.0
DOCUMENTS = [{"id": "refunds", "text": "Refunds take 14 days after we get the parcel."}]


class Sender(threading.Thread):
    """Sends traces at a steady rate, and their late spans, until told to stop."""

    def __init__(self, port: int, traces_per_second: float) -> None:
        super().__init__(daemon=True)
        self.sent = self.late = 0
        self._url = f"http://127.0.0.1:{port}/v1/traces"
        self._rate = traces_per_second
        self._stop_it = threading.Event()
        self._due: list[tuple[float, int, int]] = []

    def run(self) -> None:
        number = 0
        while not self._stop_it.wait(1 / self._rate):
            number += 1
            start = time.time_ns()
            self._send(_trace(number, start))
            self.sent += 1
            if number % LATE == 0:
                self._due.append((time.monotonic() + LATE_SECONDS, number, start))
            self._send_late(time.monotonic())
        self._send_late(float("inf"))

    def stop(self) -> None:
        self._stop_it.set()
        self.join()

    def _send_late(self, until: float) -> None:
        while self._due and self._due[0][0] <= until:
            _, number, start = self._due.pop(0)
            self._send({"trace": number + 1, "spans": [_failed_tool(9, start + 500_000_000)]})
            self.late += 1

    def _send(self, trace: dict[str, Any]) -> None:
        body = request_of(trace).SerializeToString()
        while True:
            try:
                if http_post(self._url, body, "application/x-protobuf")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.2)


def _trace(number: int, start: int) -> dict[str, Any]:
    spans: list[dict[str, Any]] = [
        {"id": 1, "operation": "invoke_agent", "ms": 900, "start": start},
        {"id": 2, "parent": 1, "operation": "retrieval", "query": "refunds", "documents": DOCUMENTS, "start": start + 10_000_000, "ms": 50},
        {"id": 3, "parent": 1, "question": f"How long do refunds take for order {number}?", "answer": f"Refunds take 14 days, also for order {number}.", "start": start + 100_000_000},
    ]  # fmt: skip
    if number % FAILS == 0:
        spans.append(_failed_tool(4, start + 50_000_000))
    return {"trace": number + 1, "spans": spans}


def _failed_tool(span: int, start: int) -> dict[str, Any]:
    return {"id": span, "parent": 1, "operation": "execute_tool", "tool": "lookup_order", "arguments": '{"order": 7}', "start": start, "ms": 20, "error": "connection refused"}  # fmt: skip


class Judge:
    """The loopback judge: quotes the answer, or is out of order."""

    def __init__(self, server: ModelServer) -> None:
        self.is_out = False
        self.answered = self.refused = 0
        server.script = self._answer
        server.result_of = lambda one: {"type": "succeeded", "message": self._message(one["params"])}

    def _answer(self, seen: Seen) -> Answer:
        if self.is_out:
            self.refused += 1
            return error(529, "overloaded_error")
        if seen.path.startswith("/v1/messages/batches"):
            return Answer()
        return Answer(self._message(seen.json))

    def _message(self, request: dict[str, Any]) -> dict[str, Any]:
        self.answered += 1
        data = request["messages"][0]["content"]
        answer = re.search(r'name="answer">\n(.*?)\n</input-', data, re.DOTALL)
        assert answer is not None
        best = request["output_config"]["format"]["schema"]["properties"]["label"]["enum"][-2]
        return message({"quotations": [{"input": "answer", "text": answer[1]}], "explanation": "", "label": best})


def scorer(ordinal: int, folder: Path, *, dsn: str, url: str) -> Program:
    """One of the scorers."""
    port = free_port()
    key = folder / "key"
    key.write_text("sk-test\n", encoding="utf-8")
    settings = {
        "store": {"dsn": dsn},
        "judges": {
            "enabled": list(JUDGES), "anthropic": {"api_key_file": str(key), "base_url": url}, "offline_floor": OFFLINE_FLOOR,
            "ordinal": ordinal, "scorers": SCORERS, "every_seconds": 1.0, "hourly_usd": 1000.0, "daily_usd": 10_000.0,
            "http": {"enabled": True, "port": port},
        },
    }  # fmt: skip
    config = folder / f"score{ordinal}.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    command = [sys.executable, "-m", "assay.cli.main", "score", "--config", str(config)]
    return Program(
        f"score{ordinal}", command, folder=folder, ready=lambda: http_get(f"http://127.0.0.1:{port}/readyz")[0] == 200
    )


LABELLED = """
SELECT trace_id, version AS revision,
    (workspace, trace_id) IN (SELECT workspace, trace_id FROM findings WHERE severity = 'error') AS is_error,
    (workspace, trace_id) IN (SELECT workspace, trace_id FROM findings WHERE severity = 'warning') AS is_warning
FROM trace_labels FINAL WHERE retracted = 0
"""
ROWS = "SELECT trace_id, judge_id, revision, score, unscored, sampling_probability, cost_usd FROM verdict_rows FINAL"


def expected(labelled: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Revision by (trace, judge) of what must have a row: drawn by what findings alone ask for."""
    found = {}
    for row in labelled:
        wanted = WANTED["error"] if row["is_error"] else WANTED["warning"] if row["is_warning"] else WANTED["base"]
        for judge in JUDGES:
            least = OFFLINE_FLOOR if judge.startswith("offline.") else 0.0
            if draw(judge, row["trace_id"]) < max(wanted, least):
                found[row["trace_id"], judge] = row["revision"]
    return found


def missing(client: Any) -> tuple[list[tuple[str, str]], list[dict[str, Any]], list[dict[str, Any]]]:
    labelled = list(client.query(LABELLED).named_results())
    rows = list(client.query(ROWS).named_results())
    have = {(row["trace_id"], row["judge_id"], row["revision"]) for row in rows}
    return [key for key, revision in expected(labelled).items() if (*key, revision) not in have], labelled, rows


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=30)
    arguments.add_argument("--outage-seconds", type=float, default=120.0)
    arguments.add_argument("--traces-per-second", type=float, default=4.0)
    options = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="assay-scorer-"))
    server = ModelServer()
    judge = Judge(server)
    serve = Assay("serve", "serve", folder, dsn=f"chdb://{folder / 'db'}")
    serve.program.start()
    scorers = [scorer(ordinal, folder, dsn=serve.writing_dsn, url=server.url) for ordinal in range(SCORERS)]
    for one in scorers:
        one.start()
    sender = Sender(serve.http_port, options.traces_per_second)
    sender.start()
    began = time.monotonic()
    length = max(options.kills * SECONDS_A_KILL, options.outage_seconds + 30.0)
    outage_from = (length - options.outage_seconds) / 2
    kills = 0
    try:
        while (at := time.monotonic() - began) < length:
            judge.is_out = outage_from <= at < outage_from + options.outage_seconds
            if kills < options.kills and at >= (kills + 1) * length / (options.kills + 1):
                victim = scorers[kills % SCORERS]
                victim.kill()
                victim.start(wait=False)
                kills += 1
            time.sleep(0.1)
        judge.is_out = False
        sender.stop()
        client = serve.client()

        def is_done() -> bool:
            open_, labelled, _ = missing(client)
            return not open_ and len(labelled) == sender.sent

        time.sleep(10.0)
        try:
            wait_for(is_done, "every sampled trace to have its rows", seconds=240.0, log=folder / "score0.log")
        except AssertionError as cause:
            print(cause)
        time.sleep(5.0)
        return _report(client, sender, judge, server, kills)
    finally:
        for one in scorers:
            one.stop()
        serve.program.stop()
        server.close()


def _report(client: Any, sender: Sender, judge: Judge, server: ModelServer, kills: int) -> int:
    open_, labelled, rows = missing(client)
    must = expected(labelled)
    last = {row["trace_id"]: row["revision"] for row in labelled}
    current = [row for row in rows if row["revision"] == last.get(row["trace_id"])]
    twice = [key for key, many in Counter((row["trace_id"], row["judge_id"]) for row in current).items() if many > 1]
    undrawn = [row for row in rows if draw(row["judge_id"], row["trace_id"]) >= row["sampling_probability"]]
    bare = [row for row in rows if (row["score"] is None) == (row["unscored"] == "")]
    spent = client.query("SELECT sum(usd) AS usd FROM judge_spend FINAL").first_row[0]
    billed = judge.answered * (1000 * 1e-6 + 100 * 5e-6) / 2
    print(f"{kills} SIGKILLs, {sender.sent} traces, {sender.late} late spans, {len(labelled)} settled")
    print(f"judge: {judge.answered} answers, {judge.refused} times out of order, {len(server.batches)} batches")
    print(
        f"rows: {len(rows)}, about the last revision {len(current)}, must be {len(must)}, by judge {dict(Counter(row['judge_id'] for row in current))}"
    )
    print(f"unscored: {dict(Counter(row['unscored'] for row in current if row['unscored']))}")
    print(f"missing {len(open_)}, twice {len(twice)}, not drawn {len(undrawn)}, neither score nor reason {len(bare)}")
    print(f"ledger {spent:.4f} US dollars, at least {billed:.4f} were billed")
    hosted = sum(not judge_id.startswith("offline.") for _, judge_id in must)
    passed = (
        not open_
        and not twice
        and not undrawn
        and not bare
        and len(labelled) == sender.sent
        and spent >= billed
        and hosted > 0
    )
    print(json.dumps({"kills": kills, "traces": sender.sent, "missing": len(open_), "twice": len(twice)}))
    print("PASS" if passed else "FAIL")
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
