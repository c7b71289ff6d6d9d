"""Metrics are declared once, the page says the same, and no log line shows a secret."""

import io
import json
import logging
import typing
from pathlib import Path

import pytest

from assay import telemetry
from assay.telemetry import METRICS, MetricName
from assay.telemetry.logs import _Json, _Text, masked, seldom
from assay.telemetry.reference import page


def test_every_name_is_declared_and_every_declaration_is_named() -> None:
    assert set(typing.get_args(MetricName)) == set(METRICS)


def test_units_and_kinds_are_in_the_names() -> None:
    for name, metric in METRICS.items():
        assert name.endswith("_total") == (metric.kind == "counter")
        assert metric.kind != "histogram" or name.endswith("_seconds")
        assert metric.meaning.endswith(".")


def test_the_reference_page_is_up_to_date() -> None:
    committed = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
    assert committed.read_text(encoding="utf-8") == page()


def test_counting_and_timing_are_seen_in_the_exposition() -> None:
    before = telemetry.value("assay_spans_total", dialect="of this test")
    telemetry.count("assay_spans_total", 3, dialect="of this test")
    assert telemetry.value("assay_spans_total", dialect="of this test") == before + 3
    assert b'assay_spans_total{dialect="of this test"} 3.0' in telemetry.exposition()
    timed = telemetry.value("assay_settle_seconds_count")
    with pytest.raises(KeyError), telemetry.timed("assay_settle_seconds"):
        raise KeyError
    assert telemetry.value("assay_settle_seconds_count") == timed + 1


def test_the_wrong_kind_is_refused() -> None:
    with pytest.raises(TypeError):
        telemetry.count("assay_queue_bytes")
    with pytest.raises(TypeError):
        telemetry.set_gauge("assay_spans_total", 1, dialect="x")


def said(formatter: logging.Formatter, *args: object, **extra: object) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger("assay.test")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.info(*args, extra=extra)
    logger.removeHandler(handler)
    return stream.getvalue()


def test_a_line_is_an_event_with_its_fields() -> None:
    assert said(_Text(), "batch stored", rows=4812, why="two words").endswith(
        ' info    batch stored logger=assay.test rows=4812 why="two words"\n'
    )
    line = json.loads(said(_Json(), "batch stored", rows=4812, why="two words"))
    assert (line["event"], line["rows"], line["why"], line["level"]) == ("batch stored", 4812, "two words", "info")


def test_a_warning_that_comes_again_and_again_passes_seldom() -> None:
    passes = seldom()

    def warned(
        at: float, error: str, level: int = logging.WARNING, event: str = "commit failed", raised: str = ""
    ) -> tuple[bool, int]:
        exception = ValueError(raised)
        record = logging.LogRecord(
            "assay.pipe", level, "pipe.py", 1, event, None, (ValueError, exception, None) if raised else None
        )
        vars(record).update(created=at, error=error, rows=at)
        return passes(record), getattr(record, "repeated", 0)

    assert warned(1_000, "down") == (True, 0)
    assert [warned(1_000 + one, "down") for one in (1, 15, 29.9)] == [(False, 0)] * 3
    assert warned(1_010, "another error") == (True, 0)
    assert warned(1_010, "down", event="another event") == (True, 0)
    assert [warned(1_010, "down", raised=one) for one in ("this", "that", "this")] == [(True, 0), (True, 0), (False, 0)]
    assert [warned(1_010, "down", level=logging.INFO) for _ in range(2)] == [(True, 0)] * 2
    assert warned(1_030, "down") == (True, 3)
    assert warned(1_031, "down") == (False, 0)
    assert warned(900, "down") == (True, 1), "a clock that was set back holds nothing up"


@pytest.mark.parametrize(
    "text",
    [
        "authorization: Bearer s3cret-t0ken",
        "authorization: Basic czNjcmV0LXQwa2Vu",
        "https://assay:s3cret-t0ken@store:8443/assay",
        "password=s3cret-t0ken&x=1",
        "{'token': 's3cret-t0ken'}",
        "api_key: s3cret-t0ken",
    ],
)
@pytest.mark.parametrize("formatter", [_Text(), _Json()], ids=["text", "json"])
def test_secrets_are_masked(formatter: logging.Formatter, text: str) -> None:
    for line in (said(formatter, text), said(formatter, "event", detail=text), masked(text)):
        assert "s3cret" not in line
        assert "czNjcmV0" not in line
        assert "***" in line
