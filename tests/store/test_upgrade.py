"""Upgrades from every schema version that was kept, killed with SIGKILL at every statement of every migration on the way."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from assay.clock import SystemClock
from assay.config.model import Config
from assay.config.model import Store as StoreSettings
from assay.otlp.decode import Decoder
from assay.scorer.rollup import roll
from assay.scorer.settle import settle
from assay.store.migrate import migrate, render, scripts
from assay.store.store import open_store
from assay.store.write import Writer
from tests.store.versions import FOLDER, FOR_EVER, answers, restore

pytestmark = pytest.mark.timeout(900)

VERSIONS = sorted(folder.name for folder in FOLDER.iterdir())

# For each number that it reads: a process that migrates and is gone before that statement (counted over migrations, not views)
# runs. They are forks of one that has imported everything but the engine, since importing takes longer than migrating.
DIES = textwrap.dedent("""
    import os, signal, sys
    from assay.store import migrate as migrating
    from assay.store.store import open_store
    from tests.store.test_upgrade import settings_of

    settings = settings_of(sys.argv[1])

    def migrate(left):
        store = open_store(settings)

        class Dies:
            rows = staticmethod(store.rows)

            @staticmethod
            def command(sql, parameters=None):
                nonlocal left
                if sql.startswith("CREATE TABLE IF NOT EXISTS schema_scripts"):
                    return store.command(sql, parameters)
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
                store.command(sql, parameters)

        migrating.migrate(Dies, settings)

    for line in sys.stdin:
        child = os.fork()
        if not child:
            migrate(int(line))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
""")


def settings_of(folder):
    return StoreSettings(dsn=f"chdb://{folder}", retention=FOR_EVER)


def test_every_kept_version_is_still_a_prefix_of_our_history():
    ours = [script.name.removesuffix(".sql") for script in scripts("migrations")]
    assert VERSIONS
    assert set(VERSIONS) <= set(ours)


@pytest.mark.parametrize("version", VERSIONS)
def test_rows_of_an_old_version_are_answered_alike(tmp_path, version):
    settings = settings_of(tmp_path / "db")
    restore(settings, version)
    store = open_store(settings)
    try:
        migrate(store, settings)
        assert migrate(store, settings) == []
        _upkeep(store)
        _same(store, version)
    finally:
        store.close()


@pytest.fixture
def dies(tmp_path):
    """Migrates the folder in a process that is killed at the statement of this number; how it ended."""
    with subprocess.Popen(
        [sys.executable, "-c", DIES, str(tmp_path / "db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as forks:  # fmt: skip

        def one(at):
            print(at, file=forks.stdin, flush=True)
            return int(forks.stdout.readline())

        yield one
        os.killpg(forks.pid, signal.SIGKILL)  # one that hangs must not keep the tests waiting


@pytest.mark.timeout(900)  # a process for every statement of every migration
@pytest.mark.parametrize("version", ["", *VERSIONS])
def test_a_migrator_killed_at_any_statement_is_started_again(tmp_path, dies, version):
    """From an empty folder and from every kept version; the folder is the same one all along, as after real kills."""
    settings = settings_of(tmp_path / "db")
    if version:
        restore(settings, version)
    pending = [one for one in scripts("migrations") if one.name.removesuffix(".sql") > version]
    # Each migration's statements, and the row that says that it ran.
    wanted = sum(len(render(one.text, "")) + 1 for one in pending)
    kills = 0
    for one in pending:
        statements = len(render(one.text, "")) + 1
        for at in range(statements):
            assert dies(at) == -signal.SIGKILL
            kills += 1
        # Past this migration, so that the next one is killed at its own statements.
        assert dies(statements) in {0, -signal.SIGKILL}
        store = open_store(settings)
        applied = {row["name"] for row in store.rows("SELECT name FROM schema_scripts FINAL")}
        store.close()
        assert one.name in applied
    assert kills == wanted > 0
    store = open_store(settings)
    try:
        migrate(store, settings)
        assert migrate(store, settings) == []
        if version:
            _upkeep(store)
            _same(store, version)
        else:
            assert store.rows("SELECT count() AS n FROM spans_live") == [{"n": 0}]
    finally:
        store.close()


def _upkeep(store):
    """What a started server does: a round of settling, then of rollups."""
    decoder = Decoder(Config().mapping, ())
    settle(store, Writer(store, SystemClock()), decoder, quiet_seconds=0.01)
    roll(store, lag_seconds=0.01)


def _same(store, version):
    then = json.loads((FOLDER / version / "answers.json").read_text(encoding="utf-8"))
    now = json.loads(json.dumps(answers(store), default=float))
    for question, answer in then.items():
        assert now[question] == answer, question
