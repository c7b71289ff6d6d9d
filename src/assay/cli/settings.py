"""`assay config check|show|reference`."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import yaml

from assay.checks.chosen import checks_of
from assay.cli.connect import configuration
from assay.cli.output import print_json
from assay.config.load import masked
from assay.config.model import Config
from assay.config.reference import page
from assay.errors import ConfigError
from assay.receiver.forward import forwarder_of
from assay.store.dsn import parse_dsn
from assay.wire.tls import server_context
from assay.wire.tokens import Tokens


def run_check(arguments: Namespace) -> int:
    """Whether the settings can be used, with the files that they name; all mistakes at once."""
    loaded = configuration(arguments)
    dsn = parse_dsn(loaded.config.store)
    checks = checks_of(loaded.config.checks, loaded.where)
    wrong: list[str] = []
    for opens in _opened_at_start(loaded.config):
        try:
            opens()
        except ConfigError as error:
            wrong.append(str(error))
    if wrong:
        raise ConfigError("\n".join(wrong))
    if arguments.json:
        print_json({"ok": True, "store": str(dsn), "settings": len(loaded.where), "checks": len(checks)})
    else:
        sys.stdout.write(f"The settings are fine. The store is {dsn}, {len(checks)} checks run.\n")
    return 0


def _opened_at_start(config: Config) -> Iterator[Callable[[], object]]:
    """What a start of these settings opens besides the store; each raises ConfigError where that cannot be done."""
    yield partial(Tokens, {name: one.token_files for name, one in config.workspaces.items()})
    yield partial(Tokens, {name: one.reader_token_files for name, one in config.workspaces.items()})
    for listener in (config.receiver.grpc, config.receiver.http, config.door, config.settle.http, config.judges.http):
        if listener.enabled and listener.tls.cert_file:
            yield partial(server_context, listener.tls)
    if config.forward.endpoint:
        yield lambda: forwarder_of(config).close()


def run_show(arguments: Namespace) -> int:
    """Every setting, secrets masked, and where it came from when it is not a default."""
    loaded = configuration(arguments)
    values = masked(loaded.config)
    if arguments.json:
        print_json(
            {
                "settings": values,
                "where": {".".join(path): place for path, place in sorted(loaded.where.items()) if path},
            }
        )
        return 0
    sys.stdout.write("\n".join(_lines(values, (), loaded.where)) + "\n")
    return 0


def run_reference(arguments: Namespace) -> int:
    """The reference page as Markdown."""
    sys.stdout.write(page())
    return 0


def _lines(values: dict[str, Any], path: tuple[str, ...], where: dict[tuple[str, ...], str]) -> list[str]:
    lines: list[str] = []
    indent = "  " * len(path)
    for name, value in values.items():
        here = (*path, name)
        if isinstance(value, dict) and value:
            lines.append(f"{indent}{name}:")
            lines.extend(_lines(value, here, where))
            continue
        text = yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("\n").removesuffix("\n...")
        place = next((where[here[:end]] for end in range(len(here), 0, -1) if here[:end] in where), "")
        lines.append(f"{indent}{name}: {text}" + (f"  # {place}" if place else ""))
    return lines
