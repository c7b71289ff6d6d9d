"""Scans that several threads ask for at once: receivers, settling and judges share them."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay.checks.scan import scanner
from assay.checks.sensitive import redacted

THREADS = 4
LONG = "nothing to see " * 100_000
"""A scan that is under way when the next one comes."""


def removed_types(text: str) -> list[str]:
    removed: Counter[str] = Counter()
    redacted(text, removed)
    return sorted(removed)


def scanned() -> Callable[[str], object]:
    scan = scanner(["apple", "pear"])
    return lambda text: scan(text.encode())


@pytest.mark.parametrize(
    ("ask", "said", "expected"),
    [(scanned(), LONG + "a pear", [1]), (removed_types, LONG + "write to ann@example.com", ["email"])],
    ids=["scanner", "redacted"],
)
def test_threads_may_scan_at_once(ask: Callable[[str], object], said: str, expected: object) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(ask, [said] * 40)) == [expected] * 40
