"""Rows on their way to the store: requests that are committed together are the rows of one, and travel unchanged."""

import pickle

from assay.otlp.decode import Decoder
from assay.store.parcel import Parcel, joined, parcel_of
from tests.contract.receiver_kit import attribute, span, traces

PLAIN = span(1)
RICH = span(2, attributes=[
    attribute("gen_ai.operation.name", "chat"),
    attribute("gen_ai.usage.input_tokens", 12),
    attribute("gen_ai.prompt.name", "answer"),
    attribute("gen_ai.output.messages", '[{"role": "assistant", "parts": [{"type": "text", "content": "Paris."}], "finish_reason": "stop"}]'),
])  # fmt: skip


def parcel(*spans: object) -> Parcel:
    return parcel_of(Decoder().traces(traces(*spans), workspace="w"))


def test_columns_that_only_one_request_has_get_their_defaults() -> None:
    """Lists, hashes, numbers and NULL among them."""
    apart = [parcel(PLAIN), parcel(RICH)]
    together = parcel(PLAIN, RICH)
    assert apart[0].tables["spans"].num_columns < together.tables["spans"].num_columns
    for name in ("spans", "spans_raw"):
        rows = joined([one.tables[name] for one in apart])
        assert set(rows.column_names) == set(together.tables[name].column_names)
        assert rows.select(together.tables[name].column_names).to_pylist() == together.tables[name].to_pylist()
    assert sum(one.rows for one in apart) == together.rows == 2


def test_a_parcel_comes_out_of_a_pipe_as_it_went_in() -> None:
    sent = parcel(PLAIN, RICH)
    arrived = pickle.loads(pickle.dumps(sent))
    assert arrived.tables == sent.tables
    assert set(arrived.tables) == {"bodies", "spans", "spans_raw"}
