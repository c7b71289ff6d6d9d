"""The sampler's numbers are those of the engine's own hash."""

from assay.scorer.sample import draw, slot
from assay.store.store import Store

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_anybody_can_compute_the_draw_in_sql(store: Store) -> None:
    rows = store.rows(
        "SELECT bitShiftRight(cityHash64(concat({judge:String}, '/', {trace:String})), 11) / exp2(53) AS u,"
        " cityHash64({trace:String}) % 64 AS s",
        {"judge": "tone@1", "trace": TRACE},
    )
    assert rows[0]["u"] == draw("tone@1", TRACE)
    assert rows[0]["s"] == slot(TRACE)
