"""`assay settle` says how it is: a real store behind a door, real sockets."""

import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest

from assay.app.run import running
from assay.clock import SystemClock
from assay.config.model import Config


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def config(dsn, **settle):
    return Config.model_validate(
        {
            "store": {"dsn": dsn},
            "door": {"port": 0},
            "receiver": {"grpc": {"enabled": False}, "http": {"enabled": False}},
            "settle": {"http": {"enabled": True, "port": 0}, **settle},
        }
    )


@pytest.fixture
def owner(tmp_path):
    """A process that owns an embedded folder: the block that ends it, and the DSN of its door."""
    with ExitStack() as stack:
        opened = stack.enter_context(
            running(config(f"chdb://{tmp_path / 'db'}"), clock=SystemClock(), receive=False, settle=False)
        )
        token = (tmp_path / "db" / "door-token").read_text().strip()
        yield stack, opened.door_url.replace("http://", f"http://assay:{token}@")


def test_a_settler_answers_for_itself_and_says_when_its_store_is_away(owner):
    stack, dsn = owner
    with running(config(dsn), clock=SystemClock(), receive=False) as settler:
        assert get(settler.health_port, "/healthz") == (200, "ok\n")
        assert get(settler.health_port, "/readyz") == (200, "ok\n")
        status, metrics = get(settler.health_port, "/metrics")
        assert status == 200
        assert "assay_build_info" in metrics
        assert get(settler.health_port, "/v1/traces")[0] == 404
        stack.close()
        assert get(settler.health_port, "/readyz") == (503, "the store does not answer\n")
        assert get(settler.health_port, "/healthz") == (200, "ok\n")


def test_a_process_that_receives_needs_no_second_listener(owner):
    _, dsn = owner
    with running(config(dsn), clock=SystemClock()) as both:
        assert both.health_port == 0
