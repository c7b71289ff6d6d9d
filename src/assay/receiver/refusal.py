"""What a request is answered with, whichever transport it came by; refusals are counted and logged here."""

import logging
from typing import Any

from assay import telemetry
from assay.errors import AssayError
from assay.otlp.answer import Answer, answer_to, feedback_success, success
from assay.receiver.receipt import Receipt, Signal

log = logging.getLogger(__name__)


def response_to(signal: Signal, receipt: Receipt) -> Any:
    """The response message to a stored request."""
    if signal == "feedback":
        return feedback_success(accepted=receipt.accepted, refused=receipt.refused)
    return success(signal, rejected=receipt.rejected, message=receipt.message)


def refusal(error: Exception, *, transport: str) -> Answer:
    """The answer to `error`, counted by its reason. What nobody raised on purpose is logged with its trace."""
    answer = answer_to(error)
    if not isinstance(error, AssayError):
        log.error("request failed", exc_info=error, extra={"transport": transport})
    if answer.reason == "Unauthenticated":
        telemetry.count("assay_unauthenticated_requests_total", transport=transport)
    if answer.retry_after_ms is None:
        telemetry.count("assay_refused_requests_total", transport=transport, reason=answer.reason)
    else:
        telemetry.count("assay_retry_later_answers_total", transport=transport, reason=answer.reason)
    return answer
