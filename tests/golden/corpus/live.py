"""A corpus through the real thing: OTLP/HTTP, decode, commit, settle, and the views.

Every scenario has a workspace of its own, by a bearer token of its own.
"""

import http.client
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from assay.clock import SystemClock
from assay.config.model import GrpcListener, HttpListener, Receiver, Retention, Workspace
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.receiver.pipe import CommitPipe
from assay.receiver.prepare import preparer
from assay.receiver.serve import Transports, open_transports
from assay.scorer.settle import drain
from assay.store.migrate import migrate
from assay.store.store import Store, open_store
from assay.store.write import Writer
from tests.golden.corpus.read_back import Rows, read_back

KEEP_DAYS = 7_300
"""The corpus was captured at some fixed time; it must not expire while we look at it."""

SENDERS = 8
"""Files that are sent at the same time."""


class Sending(NamedTuple):
    """A file of a scenario."""

    workspace: str
    signal: str
    path: Path


class Read(NamedTuple):
    """What came of a scenario's files."""

    rows: Rows
    evaluations: Rows
    refused: list[str]
    """Files that were not accepted whole, with the answer."""


@contextmanager
def live_receiver(folder: Path, workspaces: Mapping[str, Workspace]) -> Iterator[tuple[Transports, Store]]:
    """A receiver with both listeners on free ports, in front of a new embedded store in `folder`."""
    keep = Retention(bodies_days=KEEP_DAYS, spans_days=KEEP_DAYS, rollups_days=KEEP_DAYS)
    stored = StoreSettings(dsn=f"chdb://{folder}", retention=keep)
    settings = Receiver(grpc=GrpcListener(port=0), http=HttpListener(port=0))
    store = open_store(stored)
    migrate(store, stored)
    pipe = CommitPipe(store, [preparer(Decoder())], settings, SystemClock())
    pipe.start()
    transports = open_transports(pipe, settings, workspaces, clock=SystemClock(), ready=lambda: "")
    try:
        yield transports, store
    finally:
        transports.drain(settings.drain_seconds)
        pipe.close(settings.drain_seconds)
        store.close()


def through_receiver(files: Sequence[Sending]) -> dict[str, Read]:
    """By workspace, what the views say after every file was sent, acknowledged and settled."""
    names = sorted({one.workspace for one in files})
    with tempfile.TemporaryDirectory() as folder:
        workspaces = {}
        for name in names:
            token = Path(folder) / f"{name}.token"
            token.write_text(_token(name), encoding="utf-8")
            workspaces[name] = Workspace(token_files=(str(token),))
        with live_receiver(Path(folder) / "store", workspaces) as (transports, store):
            with ThreadPoolExecutor(SENDERS) as senders:
                answers = list(senders.map(lambda one: _send(transports.http_port, one), files))
            settle_all(store)
            found = read_back(store)
    refused: dict[str, list[str]] = {name: [] for name in names}
    for one, answer in zip(files, answers, strict=True):
        if answer:
            refused[one.workspace].append(f"{one.path.name}: {answer}")
    return {name: Read(*found.get(name, ([], [])), refused[name]) for name in names}


def _token(workspace: str) -> str:
    return f"corpus-token-of-{workspace}"


def _send(port: int, one: Sending) -> str:
    """Send a file; the answer where it is anything but full success (an empty ExportServiceResponse)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {_token(one.workspace)}"}
    connection.request("POST", f"/v1/{one.signal}", body=one.path.read_bytes(), headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return "" if answer.status == 200 and not body else f"HTTP {answer.status} {body[:200]!r}"


def settle_all(store: Store) -> None:
    """Rounds until one has nothing to join or mark: a joined row is new, so that its trace is looked at once more."""
    writer, decoder = Writer(store, SystemClock()), Decoder()
    while any(round_.joined or round_.marked for round_ in drain(store, writer, decoder)):
        pass
