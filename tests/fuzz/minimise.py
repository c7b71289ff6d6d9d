"""Smaller payloads that fail in the same way."""

import traceback
from collections.abc import Callable, Iterator

from tests.fuzz.mutate import REQUESTS, Case, Request, records_of
from tests.fuzz.targets import Target

MAX_TRIES = 600


def signature(error: BaseException) -> str:
    """What makes two failures the same: the class and the innermost line of code."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {place}"


def failing(target: Target) -> Callable[[Case], str]:
    """Signature of the failure that a case causes, empty if none."""

    def fails(case: Case) -> str:
        try:
            target(case)
        except Exception as error:  # noqa: BLE001 - any failure is what we look for
            return signature(error)
        return ""

    return fails


def minimise(case: Case, fails: Callable[[Case], str], wanted: str) -> Case:
    """The smallest case found that fails as `wanted`, in at most `MAX_TRIES` runs."""
    tries = 0
    shrunk = True
    while shrunk:
        shrunk = False
        for smaller in _smaller(case):
            tries += 1
            if tries > MAX_TRIES:
                return case
            if len(smaller.payload) < len(case.payload) and fails(smaller) == wanted:
                case, shrunk = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """Whole records and attributes first, where the payload is still protobuf; then pieces of the bytes."""
    if case.encoding == "protobuf":
        request = REQUESTS[case.signal]()
        try:
            request.ParseFromString(case.payload)
        except Exception:  # noqa: BLE001 - DecodeError; bytes it is
            request.Clear()
        for smaller in _without_one(request):
            yield case._replace(payload=smaller.SerializeToString())
    size = len(case.payload) // 2
    while size:
        for at in range(0, len(case.payload), size):
            yield case._replace(payload=case.payload[:at] + case.payload[at + size :])
        size //= 2


def _without_one(request: Request) -> Iterator[Request]:
    def copy() -> Request:
        fresh = type(request)()
        fresh.CopyFrom(request)
        return fresh

    resources = request.DESCRIPTOR.fields[0].name
    for at in range(len(getattr(request, resources))):
        smaller = copy()
        del getattr(smaller, resources)[at]
        yield smaller
    for at, record in enumerate(records_of(request)):
        for field in ("attributes", "events", "links"):
            count = len(getattr(record, field, ()))
            for start, end in ((0, count), (0, count // 2), (count // 2, count), *((n, n + 1) for n in range(count))):
                if start < end:
                    smaller = copy()
                    del getattr(records_of(smaller)[at], field)[start:end]
                    yield smaller
