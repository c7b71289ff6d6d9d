"""The judges of a configuration with whoever answers for them, and the money that they share.

    settings ─► judges of the library and your folder ─► those that somebody answers for ─► Seats

Nobody is asked whom the settings do not name: without a key or an address only the offline judges run, and that is said once.
"""

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.clock import Clock
from assay.config.model import Config
from assay.errors import ConfigError
from assay.judges.budget import Ledger, Limits
from assay.judges.call import Caller
from assay.judges.client import BatchClient
from assay.judges.judge import Judge, Provider, judges_of
from assay.judges.offline import FUNCTIONS
from assay.judges.openai_client import OpenAIClient
from assay.scorer.sample import SLOTS, slots
from assay.spans.prices import Prices, Tokens
from assay.store.store import Store

if TYPE_CHECKING:
    from assay.judges.anthropic_client import AnthropicClient

log = logging.getLogger(__name__)


class Seat(NamedTuple):
    """A judge, and how it is asked."""

    judge: Judge
    caller: Caller | None
    """None: it is a function."""
    batches: BatchClient | None
    """Who takes batches, if somebody does."""


class Panel(NamedTuple):
    """Who sits in judgement."""

    seats: tuple[Seat, ...]
    ledger: Ledger
    slots: tuple[int, ...]
    clients: "tuple[AnthropicClient, ...]"
    """To be closed."""


def panel_of(config: Config, store: Store, clock: Clock, stop: threading.Event) -> Panel:
    """Who judges by the settings. Raises `ConfigError` for a judge or a key that cannot be used."""
    settings = config.judges
    try:
        mine = tuple(slots(settings.ordinal, settings.scorers))
    except ValueError as cause:
        raise ConfigError(f"judges.ordinal: {cause}.") from cause
    limits = Limits(settings.hourly_usd, settings.daily_usd, len(mine) / SLOTS)
    ledger = Ledger(store, clock, scorer=f"{settings.ordinal}/{settings.scorers}", limits=limits)
    prices = Prices(config.prices)
    callers: dict[Provider, Caller] = {}
    clients: list[AnthropicClient] = []

    def answered_by(provider: Provider, client: "AnthropicClient | OpenAIClient") -> None:
        callers[provider] = Caller(
            client, provider, ledger=ledger, prices=prices, clock=clock, timeout_seconds=settings.timeout_seconds,
            calls_per_minute=settings.calls_per_minute, stop=stop,
        )  # fmt: skip

    if settings.anthropic.api_key_file:
        key = _key("judges.anthropic.api_key_file", settings.anthropic.api_key_file)
        clients.append(_anthropic(key, settings.anthropic.base_url))
        answered_by("anthropic", clients[-1])
    if settings.openai.base_url:
        key = _key("judges.openai.api_key_file", settings.openai.api_key_file) if settings.openai.api_key_file else ""
        answered_by("openai", OpenAIClient(settings.openai.base_url, api_key=key))
    seats: list[Seat] = []
    silent: list[str] = []
    for judge in judges_of(settings):
        if judge.provider == "offline":
            if judge.model not in FUNCTIONS:
                raise ConfigError(f"{judge.place}: offline/{judge.model} is none of {', '.join(FUNCTIONS)}.")
            seats.append(Seat(judge, None, None))
        elif judge.provider not in callers:
            silent.append(judge.id)
        else:
            if judge.provider == "anthropic" and prices.cost("anthropic", judge.model, Tokens(1, 1, 0, 0)) is None:
                raise ConfigError(
                    f"{judge.place}: the price of {judge.model} is not known, so no budget can hold. Add it to `prices`, or name another model."
                )
            wants_batches = judge.provider == "anthropic" and settings.anthropic.batches
            seats.append(Seat(judge, callers[judge.provider], clients[-1] if wants_batches else None))
    if silent:
        log.warning(
            "judges without an endpoint do not run; the offline judges do, uncalibrated. Set judges.anthropic.api_key_file or judges.openai.base_url",
            extra={"silent": ", ".join(silent)},
        )
    return Panel(tuple(seats), ledger, mine, tuple(clients))


def _anthropic(api_key: str, base_url: str) -> "AnthropicClient":
    # The SDK takes longer to import than everything else together, and most of our processes never ask it.
    from assay.judges.anthropic_client import AnthropicClient  # noqa: PLC0415

    return AnthropicClient(api_key, base_url=base_url)


def _key(name: str, file: str) -> str:
    try:
        key = Path(file).expanduser().read_text(encoding="utf-8").strip()
    except OSError as cause:
        raise ConfigError(f"{name}: cannot read {file}: {cause.strerror}.") from cause
    if not key:
        raise ConfigError(f"{name}: {file} is empty.")
    return key
