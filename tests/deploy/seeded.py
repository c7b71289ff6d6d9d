"""An engine with five weeks of the demo's traffic behind its door, in a process of its own: `python -m tests.deploy.seeded FOLDER`.

One process can hold one engine only, and other tests open theirs. Prints two ports, of a door for everybody and of one that keeps readers to a workspace; ends when its input does.
"""

import sys
from contextlib import closing
from pathlib import Path

from assay.app.demo_traffic import requests
from assay.clock import SystemClock
from assay.config.model import Config, DoorListener, Judges, Receiver, Retention, Workspace
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import preparer
from assay.scorer.rollup import roll
from assay.scorer.score import Scorer
from assay.scorer.settle import drain
from assay.store.door import open_door
from assay.store.engine import Engine
from assay.store.migrate import migrate
from assay.store.store import Store, open_store
from assay.store.write import Writer
from tests.contract.door_kit import TOKEN

WEEKS = 5
WEEK_NS = 7 * 86_400 * 10**9
TRACES = 150
OTHER = "other"
"""A second workspace, with a little traffic of its own."""
READER = "reads-the-other-one"
"""The token of its readers."""

LABELS = """
INSERT INTO human_label_rows (workspace, trace_id, dimension, source, labeller, value, probability, conversation_id, version)
SELECT workspace, trace_id, dimension, 'expert', 'ann', (score >= 0.5) != (cityHash64(trace_id) % 25 = 0), 1, conversation_id, 1
FROM verdicts WHERE isNotNull(score) AND judge_id = 'offline.completeness'
"""

FEEDBACK = """
INSERT INTO feedback_rows (workspace, trace_id, feedback_id, time, kind, value, comment, source, author)
SELECT workspace, trace_id, unhex(leftPad(trace_id, 32, '0')), end_time, 'thumb', cityHash64(trace_id) % 4 > 0, 'so so', 'end_user', 'u-1'
FROM traces WHERE cityHash64(trace_id) % 3 = 0
"""


def main(folder: Path) -> None:
    """Settled, rolled up and labelled as a running server has it."""
    keeps = Retention(bodies_days=36_500, spans_days=36_500, rollups_days=36_500)
    settings = StoreSettings(dsn=f"chdb://{folder / 'db'}", retention=keeps)
    engine = Engine(str(folder / "db"), "assay")
    with closing(open_store(settings)) as store:
        migrate(store, settings)
        fill(store)
    door = open_door(engine, DoorListener(port=0), write_token=TOKEN, clock=SystemClock())
    (folder / "readers").write_text(READER)
    keeps_apart = open_door(
        engine,
        DoorListener(port=0),
        write_token=TOKEN,
        clock=SystemClock(),
        workspaces={OTHER: Workspace(reader_token_files=(str(folder / "readers"),))},
    )
    print(door.port, keeps_apart.port, flush=True)
    sys.stdin.read()
    keeps_apart.stop()
    door.stop()
    engine.close()


def fill(store: Store) -> None:
    """Through the receiver's own pipe, so that spans are checked as they are on the way in."""
    clock, decoder = SystemClock(), Decoder()
    pipe, now = CommitPipe(store, [preparer(decoder)], Receiver(), clock), clock.now_ns()
    pipe.start()
    for week in reversed(range(WEEKS)):
        traffic = requests(seed=week, traces=TRACES, until_ns=now - week * WEEK_NS)
        sent = [
            pipe.submit("traces", one.SerializeToString(), encoding="protobuf", workspace="default") for one in traffic
        ]
        assert sum(one.result(60).rejected for one in sent) == 0
    apart = [
        pipe.submit("traces", one.SerializeToString(), encoding="protobuf", workspace=OTHER)
        for one in requests(seed=WEEKS, traces=TRACES // 10, until_ns=now)
    ]
    assert sum(one.result(60).rejected for one in apart) == 0
    assert pipe.close(60)
    drain(store, Writer(store, clock), decoder)
    scorer = Scorer(store, Config(store=store.settings, judges=Judges(offline_floor=1.0)), clock)
    while sum(one.drawn for one in scorer.round()):
        pass
    # People see it as the judge does, but for one trace in 25.
    store.command(LABELS)
    store.command(FEEDBACK)
    scorer.calibrate()
    roll(store, lag_seconds=10)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
