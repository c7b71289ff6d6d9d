"""Processor mode: nothing is lost on the way to the store nor on the way to the target, whatever is killed.

    python -m tests.e2e.forward --kills 30        SIGKILL receivers and Collector 30 times, and two minutes without the target

The same traffic and topology as `tests.e2e.crash`, but both receivers forward what they have stored to a second Assay with a store
of its own, which is killed for a while. In the end the first store has to agree with the ledger in every number, every span has to be
at the target, and every span that a check labelled has to bear its labels there. Prints the comparison; the last line is PASS or FAIL.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from clickhouse_connect.driver.client import Client

from tests import tools
from tests.e2e.crash import DRAIN_SECONDS, Sender, Stack, drain_and_compare, kill_around, say
from tests.e2e.processes import Assay, Balancer, Collector, wait_for
from tests.e2e.traffic import HOUR_NS, Ledger


def main(argv: list[str] | None = None) -> int:
    """Run the program; 0 when everything is exact."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.e2e.forward", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=30, help="how many SIGKILLs (default: %(default)s)")
    parser.add_argument(
        "--outage-seconds", type=float, default=120.0, help="how long the target is away (default: %(default)s)"
    )
    parser.add_argument(
        "--traces-per-second", type=float, default=15.0, help="a trace is about 6.5 spans (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed: other traffic, other moments (default: %(default)s)"
    )
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="assay-forward-"))
    passed = False
    (folder / "target").mkdir()
    target = Assay("serve", "target", folder / "target", dsn=f"chdb://{folder / 'target' / 'data'}")
    stack = build(folder, tools.collector(), target)
    programs = (target, stack.store, *stack.receivers, stack.collector)
    try:
        for one in programs:
            one.program.start()
        sender = Sender(f"127.0.0.1:{stack.collector.grpc_port}", options.seed, options.traces_per_second)
        closed_before_hour = time.time_ns() // HOUR_NS - 3
        sender.start()
        try:
            time.sleep(3)
            kill_around(stack, options.kills, options.seed, with_store=False)
            if options.outage_seconds:
                target.program.kill()
                say(f"target killed; {options.outage_seconds:.0f} s without it")
                time.sleep(options.outage_seconds)
                target.program.start()
        finally:
            sender.finish()
        exact = drain_and_compare(stack, sender.ledger, closed_before_hour)
        arrived = at_target(stack.store.client(), target.client(), sender.ledger)
        passed = exact and arrived
    except AssertionError as problem:
        say(f"failed: {problem}")
    finally:
        for one in reversed(programs):
            try:
                one.program.stop()
            except AssertionError as problem:
                passed = False
                say(str(problem))
        for balancer in stack.balancers:
            balancer.close()
        if passed:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"kept {folder}")
    print("PASS" if passed else "FAIL", flush=True)
    return 0 if passed else 1


def build(folder: Path, collector: Path, target: Assay) -> Stack:
    """`tests.e2e.crash.build` with receivers that forward."""
    store = Assay("serve", "store", folder, dsn=f"chdb://{folder / 'data'}", receiver={"grpc": {"enabled": False}})
    onward = {"endpoint": f"http://127.0.0.1:{target.grpc_port}", "timeout_seconds": 4}
    receivers = [
        Assay("receive", name, folder, dsn=store.writing_dsn, forward=onward) for name in ("receiver-a", "receiver-b")
    ]
    grpc_balancer = Balancer([receiver.grpc_port for receiver in receivers])
    http_balancer = Balancer([receiver.http_port for receiver in receivers])
    real = Collector(
        collector, folder, traces_to=f"127.0.0.1:{grpc_balancer.port}", logs_to=f"http://127.0.0.1:{http_balancer.port}"
    )
    return Stack(store, receivers, real, [grpc_balancer, http_balancer])


def at_target(store: Client, target: Client, ledger: Ledger) -> bool:
    """Whether every span is at the target, and bears there what the checks of the first store said when it came."""
    wait_for(lambda: len(spans_at(target)) >= len(ledger.spans), "every span at the target", seconds=DRAIN_SECONDS)
    there = spans_at(target)
    missing, foreign = ledger.spans.keys() - there.keys(), there.keys() - ledger.spans.keys()
    unmarked = sum(1 for span in there.values() if "assay.stage" not in span)
    failing: dict[tuple[str, str], set[str]] = {}
    noted: dict[tuple[str, str], set[str]] = {}
    # Content that arrives in log records, and a trace as a whole, are checked when the trace settles, after the span went on; a call
    # that the next try mended is then noteworthy only.
    for trace, span, label, severity in store.query(
        "SELECT trace_id, span_id, label, severity FROM findings WHERE NOT startsWith(check_id, 'trace.') AND (trace_id, span_id) NOT IN "
        "(SELECT trace_id, span_id FROM spans_live WHERE log_records > 0)"
    ).result_rows:
        noted.setdefault((trace, span), set()).add(label)
        if severity != "info":
            failing.setdefault((trace, span), set()).add(label)
    without = []
    for key, labels in noted.items():
        said = set(there.get(key, {}).get("assay.labels", ()))
        if not failing.get(key, set()) <= said <= labels:
            without.append(key)
    say(
        f"at the target: {len(there)} of {len(ledger.spans)} spans, {len(missing)} missing, {len(foreign)} unknown, {unmarked} without a "
        f"stage; {len(failing)} spans are labelled, {len(without)} of them otherwise at the target"
    )
    return not missing and not foreign and not unmarked and not without and bool(failing)


def spans_at(target: Client) -> dict[tuple[str, str], dict[str, object]]:
    """Attributes of every span of a store."""
    rows = target.query("SELECT trace_id, span_id, attributes FROM raw_spans").result_rows
    return {(trace, span): json.loads(attributes) for trace, span, attributes in rows}


if __name__ == "__main__":
    sys.exit(main())
