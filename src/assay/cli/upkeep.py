"""Changes to what is stored: `migrate`, `remap`, `erase`."""

import sys
from argparse import Namespace

from assay.cli.connect import configuration, writing
from assay.cli.output import print_json
from assay.errors import ConfigError
from assay.store.migrate import migrate


def run_migrate(arguments: Namespace) -> int:
    """Bring the schema to what this release needs."""
    settings = configuration(arguments).config.store
    with writing(arguments) as store:
        ran = migrate(store, settings)
        place = str(store.dsn)
    if arguments.json:
        print_json({"store": place, "ran": ran})
    else:
        sys.stdout.write(f"{place}: " + (f"ran {', '.join(ran)}.\n" if ran else "already up to date.\n"))
    return 0


def confirmed(question: str, arguments: Namespace) -> None:
    """Ask a person on a terminal; without one, `--yes` must say so."""
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("Erasing cannot be undone: repeat the command with --yes.")
    sys.stderr.write(f"{question} This cannot be undone. Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise ConfigError("Nothing was erased.")
