"""A mutational fuzzer for what senders may throw at a receiver.

    python -m tests.fuzz [--seconds 120] [--seed 0] [--save DIR]

Half of the time goes to parse and decode in a process of its own, half to a live receiver over HTTP and gRPC. The seeds
in `tests/fuzz/seeds/` are real requests. Exit status 1 on a crash, a hang, memory growth or an answer that OTLP does not
allow; what caused it is saved, as small as it could be made. `--seed` repeats a run.
"""

import argparse
import sys
from pathlib import Path

from tests.fuzz.live import live_phase
from tests.fuzz.run import run_phase
from tests.fuzz.targets import offline_targets


def main(argv: list[str] | None = None) -> int:
    """Fuzz for a while; the exit status says whether everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, default=Path(__file__).parent / "found")
    options = parser.parse_args(argv)
    half = options.seconds / 2
    failures = run_phase("offline", offline_targets, (), seed=options.seed, seconds=half, save=options.save)
    failures += live_phase(seed=options.seed, seconds=half, save=options.save)
    for failure in failures:
        print(f"FAIL {failure}")
    print(f"{'FAIL' if failures else 'ok'}: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
