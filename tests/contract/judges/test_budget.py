"""Money: with 32 workers in processes that are killed, the server never sees more than the budget.

The processes are real and die by SIGKILL; the store is a real engine in a folder. The server counts what it would bill.
"""

import subprocess
import sys
import textwrap
import threading
import time

import pytest

from assay.clock import ManualClock, SystemClock
from assay.config.model import Retention
from assay.config.model import Store as StoreSettings
from assay.judges.anthropic_client import AnthropicClient
from assay.judges.budget import LOOK_SECONDS, Ledger, Limits
from assay.judges.client import Reply
from assay.judges.prompt import prompt_of
from assay.spans.prices import Tokens
from tests.contract.judges.kit import CASE, FAITHFULNESS, MODEL, Answer, caller, message

WORKERS = 32
KILLS = 5
USAGE = {"input_tokens": 900, "output_tokens": 1024, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
CALL_USD = 900 * 1e-6 + 1024 * 5e-6
BUDGET_USD = 1.2

WORKER = """
    import sys, threading
    from assay.clock import SystemClock
    from assay.config.model import Retention, Store as StoreSettings
    from assay.judges.anthropic_client import AnthropicClient
    from assay.judges.prompt import prompt_of
    from assay.store.store import open_store
    from tests.contract.judges.kit import CASE, FAITHFULNESS, caller

    dsn, url, usd = sys.argv[1], sys.argv[2], float(sys.argv[3])
    store = open_store(StoreSettings(dsn=dsn))
    asking = caller(AnthropicClient("sk-test", base_url=url), store, usd=usd)
    print("ready", flush=True)

    def work():
        while asking.ask(prompt_of(FAITHFULNESS, CASE)).result is not None:
            pass

    workers = [threading.Thread(target=work) for _ in range(32)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    asking._ledger.flush()
    print("no money left", flush=True)
"""


def start(dsn, url):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WORKER), dsn, url, str(BUDGET_USD)], stdout=subprocess.PIPE, text=True
    )


def test_spend_stays_within_the_budget_whatever_is_killed(server, tmp_path):
    settings = StoreSettings(dsn=f"chdb://{tmp_path / 'db'}", retention=Retention())
    subprocess.run([sys.executable, "-c", _MIGRATE, settings.dsn], check=True)
    server.script = lambda _: Answer(message(usage=USAGE), stall_seconds=0.5)
    for kill in range(1, KILLS + 1):
        process = start(settings.dsn, server.url)
        assert process.stdout.readline() == "ready\n"
        seen = len(server.seen)
        while len(server.seen) < seen + 8 * kill and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        process.wait()
    last = start(settings.dsn, server.url)
    assert last.communicate(timeout=120)[0].endswith("no money left\n")
    calls = len(server.seen)
    spent = calls * CALL_USD
    print(f"{calls} calls, {spent:.3f} of {BUDGET_USD} US dollars, {server.most_in_flight} at once")
    assert server.most_in_flight > WORKERS // 2
    assert spent <= BUDGET_USD
    # And it is spent: what is lost is at most what each killed process had in flight, at its worst cost.
    assert spent >= BUDGET_USD / 4


_MIGRATE = "import sys; from assay.config.model import Store as S; from assay.store.store import open_store; from assay.store.migrate import migrate; s = S(dsn=sys.argv[1]); migrate(open_store(s), s)"


@pytest.fixture
def manual():
    return ManualClock()


def ledger(store, clock, *, scorer="0/1", hourly=1.0, daily=3.0, share=1.0):
    return Ledger(store, clock, scorer=scorer, limits=Limits(hourly, daily, share))


def test_an_hour_and_a_day_have_limits_of_their_own(store, manual):
    money = ledger(store, manual)
    for hours in range(4):
        found = [money.reserve(0.5) for _ in range(3)]
        assert [one is not None for one in found] == ([True, True, False] if hours < 3 else [False] * 3)
        manual.advance(seconds=3600)


def test_what_a_call_did_not_cost_can_be_spent(store, manual):
    money = ledger(store, manual)
    made = money.reserve(0.9)
    assert money.reserve(0.2) is None
    money.settle(made, 0.1)
    assert money.left_usd() == pytest.approx(0.9)
    assert money.reserve(0.9) is not None


def test_a_reservation_outlives_its_process_and_a_settled_one_counts_as_settled(store, manual):
    first = ledger(store, manual)
    made = first.reserve(0.3)
    first.reserve(0.4)
    first.settle(made, 0.1)
    assert ledger(store, manual).left_usd() == pytest.approx(0.3), "not stored yet: it counts in full"
    first.flush()
    assert ledger(store, manual).left_usd() == pytest.approx(0.5)


def test_scorers_have_shares_and_one_limit_together(store, manual):
    half = ledger(store, manual, scorer="0/2", share=0.5)
    assert half.reserve(0.5) is not None
    assert half.reserve(0.1) is None
    alone = ledger(store, manual, scorer="0/1")
    assert alone.reserve(0.6) is None
    assert alone.reserve(0.5) is not None
    other = ledger(store, manual, scorer="1/2", share=0.5)
    assert other.reserve(0.1) is None


def test_what_others_spend_is_seen_after_a_while(store, manual):
    one, two = ledger(store, manual, scorer="a"), ledger(store, manual, scorer="b")
    assert two.left_usd() == 1.0
    assert one.reserve(0.7) is not None
    manual.advance(seconds=LOOK_SECONDS)
    assert two.left_usd() == pytest.approx(0.3)


def test_threads_never_reserve_more_than_there_is(store):
    money = ledger(store, SystemClock(), hourly=1.0, daily=1.0)
    found = []
    workers = [
        threading.Thread(target=lambda: found.extend(money.reserve(0.03) for _ in range(4))) for _ in range(WORKERS)
    ]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len([one for one in found if one]) == 33
    assert store.rows("SELECT count() AS n FROM judge_spend FINAL")[0]["n"] == 33


def test_a_time_out_is_counted_at_its_worst(server, store):
    server.answers(Answer(message(), stall_seconds=1.0))
    client = AnthropicClient("sk-test", base_url=server.url)
    asking = caller(client, store, usd=100.0, timeout_seconds=0.2)
    prompt = prompt_of(FAITHFULNESS, CASE)
    outcome = asking.ask(prompt)
    assert outcome.cost_usd == pytest.approx(len(server.seen) * asking.most_usd(prompt))
    client.close()


def test_no_call_is_made_without_money(server, store):
    client = AnthropicClient("sk-test", base_url=server.url)
    outcome = caller(client, store, usd=0.001).ask(prompt_of(FAITHFULNESS, CASE))
    assert outcome.result is None
    assert server.seen == []
    client.close()


def test_a_call_never_costs_more_than_what_is_reserved(store):
    """Each byte as a token, all of them written to the cache: a tokenizer makes no more than that."""
    asking = caller(None, store)
    prompt = prompt_of(FAITHFULNESS, CASE._replace(inputs={"answer": "日本語😀" * 500, "context": "x"}))
    bytes_ = len((prompt.system + prompt.data).encode())
    worst = Reply("", MODEL, "", Tokens(bytes_, prompt.max_tokens, 0, bytes_))
    assert asking.cost_usd(prompt, worst) <= asking.most_usd(prompt)
