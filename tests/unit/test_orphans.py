"""Log records without trace context belong to the one span that was open."""

from hypothesis import given
from hypothesis import strategies as st

from assay.spans.orphans import Emitter, Orphan, adopt


def test_the_only_open_span_takes_the_record() -> None:
    spans = [Emitter("shop", "lib", 0, 10), Emitter("shop", "lib", 20, 30)]
    assert adopt(spans, [Orphan("shop", "lib", 25), Orphan("shop", "lib", 5)]) == [1, 0]


def test_two_open_spans_leave_the_record_alone() -> None:
    assert adopt([Emitter("shop", "lib", 1, 10), Emitter("shop", "lib", 2, 4)], [Orphan("shop", "lib", 3)]) == [None]


def test_a_span_of_another_scope_or_service_does_not_count() -> None:
    spans = [Emitter("shop", "lib", 1, 10), Emitter("shop", "other", 1, 10), Emitter("bank", "lib", 1, 10)]
    assert adopt(spans, [Orphan("shop", "lib", 3)]) == [0]
    assert adopt(spans[1:], [Orphan("shop", "lib", 3)]) == [None]


def test_a_record_outside_every_span_or_without_a_time_stays_alone() -> None:
    spans = [Emitter("shop", "lib", 10, 20)]
    assert adopt(spans, [Orphan("shop", "lib", 21), Orphan("shop", "lib", 9), Orphan("shop", "lib", 0)]) == [None] * 3


emitters = st.builds(
    lambda start, length: Emitter("s", "l", start, start + length), st.integers(1, 50), st.integers(0, 20)
)


@given(st.lists(emitters, max_size=10), st.lists(st.integers(0, 80).map(lambda t: Orphan("s", "l", t)), max_size=5))
def test_the_answer_is_what_looking_at_every_span_gives(spans: list[Emitter], logs: list[Orphan]) -> None:
    for log, got in zip(logs, adopt(spans, logs), strict=True):
        open_spans = [i for i, span in enumerate(spans) if log.time_ns and span.start_ns <= log.time_ns <= span.end_ns]
        assert got == (open_spans[0] if len(open_spans) == 1 else None)
