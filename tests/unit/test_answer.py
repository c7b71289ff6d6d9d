"""The one table of answers."""

import inspect

import pytest
from google.rpc.error_details_pb2 import RetryInfo

from assay import errors
from assay.otlp.answer import answer_to, retry_after_seconds, status_of

LEAVES = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)]
RETRYABLE_HTTP = {429, 502, 503, 504}
"""Exactly these: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes"""
RETRYABLE_GRPC = {1, 4, 8, 10, 11, 14, 15}
"""https://opentelemetry.io/docs/specs/otlp/#failures; 8 only together with RetryInfo."""


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_both_transports_agree_on_whether_to_retry(kind: type[Exception]) -> None:
    answer = answer_to(kind("why"))
    must_change = issubclass(kind, errors.SenderMustChange)
    has_info = any(detail.Is(RetryInfo.DESCRIPTOR) for detail in status_of(answer).details)
    assert (answer.http_status in RETRYABLE_HTTP) == (not must_change)
    assert has_info == (not must_change) == (retry_after_seconds(answer) is not None)
    if has_info:
        assert answer.grpc_code in RETRYABLE_GRPC
    else:
        assert answer.grpc_code not in RETRYABLE_GRPC - {8}


def test_an_error_that_nobody_raised_on_purpose_is_retried_and_not_quoted() -> None:
    answer = answer_to(ValueError("secret internals"))
    assert (answer.http_status, answer.grpc_code) == (503, 14)
    assert "secret" not in answer.message


def test_retry_after_is_whole_seconds_rounded_up() -> None:
    assert [retry_after_seconds(answer_to(errors.QueueFull("x", retry_after_ms=ms))) for ms in (0, 1, 1000, 1001)] == [1, 1, 1, 2]  # fmt: skip
