"""Slices that are read by another thread while one is used."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay.scorer.traces import ahead


def test_the_same_values_in_their_order_made_by_one_other_thread():
    threads = set()

    def values():
        for number in range(5):
            threads.add(threading.current_thread())
            yield number

    with ThreadPoolExecutor(1) as reader:
        assert list(ahead(reader, values())) == [0, 1, 2, 3, 4]
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_an_error_comes_where_its_value_would_have():
    def values():
        yield 1
        raise ValueError("the store is gone")

    with ThreadPoolExecutor(1) as reader:
        found = ahead(reader, values())
        assert next(found) == 1
        with pytest.raises(ValueError, match="the store is gone"):
            next(found)


def test_whoever_stops_waits_for_what_is_being_made():
    made = []

    def values():
        for number in range(5):
            made.append(number)
            yield number

    with ThreadPoolExecutor(1) as reader:
        found = ahead(reader, values())
        assert next(found) == 0
        found.close()
        count = len(made)
        assert count == 2
        assert reader.submit(len, made).result() == count
