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

    with ThreadPoolExecutor(1) as reader, ahead(reader, values()) as found:
        assert list(found) == [0, 1, 2, 3, 4]
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_an_error_comes_where_its_value_would_have():
    def values():
        yield 1
        raise ValueError("the store is gone")

    with ThreadPoolExecutor(1) as reader, ahead(reader, values()) as found:
        assert next(found) == 1
        with pytest.raises(ValueError, match="the store is gone"):
            next(found)


def test_the_first_is_made_at_once():
    made = threading.Event()

    def values():
        made.set()
        yield 1

    with ThreadPoolExecutor(1) as reader, ahead(reader, values()):
        assert made.wait(10)


def test_whoever_stops_waits_for_what_is_being_made():
    made = []

    def values():
        for number in range(5):
            made.append(number)
            yield number

    with ThreadPoolExecutor(1) as reader:
        with ahead(reader, values()) as found:
            assert next(found) == 0
        count = len(made)
        assert count == 2
        assert reader.submit(len, made).result() == count


def test_whoever_fails_before_the_first_waits_for_it():
    may_go, made = threading.Event(), []

    def values():
        may_go.wait(10)
        made.append(1)
        yield 1

    def fails():
        with ahead(reader, values()):
            threading.Timer(0.05, may_go.set).start()
            raise ValueError("the store is gone")

    with ThreadPoolExecutor(1) as reader:
        with pytest.raises(ValueError, match="the store is gone"):
            fails()
        assert made == [1]
