"""What a receiver is told when a process that decodes ends."""

from multiprocessing.connection import Connection

import pytest

from assay.app import preparer_process
from assay.app.preparer_process import PreparerProcess
from assay.config.model import Config
from assay.errors import OperatorMustFix, StoreUnavailable
from assay.receiver.prepare import Request


def _end_at_once(config: Config, connection: Connection) -> None:
    """A process that never becomes ready."""


def test_a_sender_is_told_to_retry_before_the_next_process_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparer_process, "_work", _end_at_once)
    preparer = PreparerProcess(Config())
    # To wait for the next one would raise `OperatorMustFix`: it ends as well.
    with pytest.raises(StoreUnavailable, match="send it again"):
        preparer(Request("traces", b"", "protobuf", "default", 0))
    with pytest.raises(OperatorMustFix, match="ended while it started"):
        preparer.wait_until_ready()
    preparer.close()
