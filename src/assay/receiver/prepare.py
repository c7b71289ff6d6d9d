"""One request to rows: parse, refuse loops, apply the content policy, decode, check, and make ready what is stored and what goes on."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assay import telemetry
from assay.checks.check import Check
from assay.checks.chosen import checks_of
from assay.checks.engine import CHECKS, Checker
from assay.checks.rows import finding_columns
from assay.config.model import Config
from assay.errors import AssayError, StoreUnavailable
from assay.otlp.decode import Decoded, Decoder
from assay.otlp.parse import parse
from assay.receiver.forward import Outgoing, enrich, refuse_loops
from assay.receiver.privacy import Privacy
from assay.receiver.receipt import Encoding, Receipt, Signal
from assay.store.parcel import Parcel, parcel_of

log = logging.getLogger(__name__)


class Request(NamedTuple):
    """What a sender sent, uncompressed."""

    signal: Signal
    payload: bytes
    encoding: Encoding
    workspace: str
    arrived_ns: int
    share: int = 0
    shares: int = 1
    """Of a request that is taken apart, this one is the part `share` of `shares`, about as many spans as the others."""


class Prepared(NamedTuple):
    """What it became."""

    parcel: Parcel
    receipt: Receipt
    """The answer once that is stored."""
    outgoing: Outgoing | None = None
    """What is forwarded then."""


Prepare = Callable[[Request], Prepared]
"""Raises `BadPayload` for bytes that are no such request, `StoreUnavailable` where decoding failed. One thread at a time."""


def preparer_of(config: Config) -> Prepare:
    """What a configuration asks for."""
    return preparer(
        Decoder(config.mapping, config.prices),
        privacy=Privacy(config.workspaces, config.mapping),
        forward_as=config.forward.name if config.forward.endpoint else "",
        checks=checks_of(config.checks),
    )


def preparer(
    decoder: Decoder, *, privacy: Privacy | None = None, forward_as: str = "", checks: tuple[Check, ...] = CHECKS
) -> Prepare:
    """Prepares with what it is given; `forward_as` is the name that forwarded telemetry bears, empty where nothing is."""
    checker = Checker(checks)

    def prepare(request: Request) -> Prepared:
        try:
            return _prepared(request, decoder, checker, privacy, forward_as)
        except AssayError:
            raise
        except Exception as error:  # a bug in a dialect must cost neither the process nor the neighbours
            log.exception("decoding failed")
            raise StoreUnavailable(f"Decoding failed: {error!r}", retry_after_ms=30_000) from error

    return prepare


def _prepared(
    request: Request, decoder: Decoder, checker: Checker, privacy: Privacy | None, forward_as: str
) -> Prepared:
    with telemetry.timed("assay_decode_seconds"):
        parsed = parse(request.signal, request.payload, encoding=request.encoding)
        if request.shares > 1:
            _keep_share(parsed.request, request.share, request.shares)
        if forward_as and request.signal != "feedback":
            refuse_loops(request.signal, parsed.request, forward_as)
        if privacy is not None:
            privacy.apply(request.signal, parsed.request, request.workspace)
        decoded = _decoded(decoder, request, parsed.request)
    _check(checker, decoded)
    _count(decoded)
    receipt = Receipt(decoded.accepted, decoded.rejected, decoded.message)
    if request.share == 0 and (parsed.rejected or parsed.message):  # each share has seen the same
        message = " ".join(filter(None, (decoded.message, parsed.message)))
        receipt = Receipt(decoded.accepted, decoded.rejected + parsed.rejected, message, parsed.refused)
    if not forward_as or request.signal == "feedback":
        return Prepared(parcel_of(decoded), receipt)
    return Prepared(parcel_of(decoded), receipt, enrich(request.signal, parsed.request, decoded, forward_as))


def _keep_share(request: ExportTraceServiceRequest, share: int, shares: int) -> None:
    """Leave out the spans that belong to other shares."""
    scopes = [scope for resource in request.resource_spans for scope in resource.scope_spans]
    total = sum(len(scope.spans) for scope in scopes)
    first, end = total * share // shares, total * (share + 1) // shares
    for scope in scopes:
        count = len(scope.spans)
        del scope.spans[max(end, 0) :]
        del scope.spans[: max(first, 0)]
        first, end = first - count, end - count


def _decoded(decoder: Decoder, request: Request, parsed: Any) -> Decoded:
    if request.signal == "traces":
        return decoder.traces(parsed, workspace=request.workspace)
    if request.signal == "logs":
        return decoder.logs(parsed, workspace=request.workspace)
    return decoder.feedback(parsed, workspace=request.workspace, arrived_ns=request.arrived_ns)


def _check(checker: Checker, decoded: Decoded) -> None:
    """Labels, before the commit. Whatever fails here costs labels, never the sender's data."""
    batch = decoded.spans
    if not batch.rows:
        return
    try:
        with telemetry.timed("assay_check_seconds"):
            texts = {key[2]: body.text for key, body in batch.bodies.items()}
            checked = checker.check(batch, texts.get)
            batch.columns["checks"] = checked.checks
            decoded.findings = finding_columns(batch, checked)
    except Exception:
        log.exception("checking failed; the spans are stored without labels")
        telemetry.count("assay_check_errors_total", batch.rows, check="engine")
        return
    for finding in checked.findings:
        telemetry.count("assay_findings_total", label=finding.label)


def _count(decoded: Decoded) -> None:
    for dialect, spans in decoded.dialects.items():
        telemetry.count("assay_spans_total", spans, dialect=dialect)
    if decoded.dialects["unknown"]:
        telemetry.count("assay_unknown_dialect_spans_total", decoded.dialects["unknown"])
    for rule, spans in decoded.clock_flags.items():
        telemetry.count("assay_clock_quarantined_spans_total", spans, rule=rule)
