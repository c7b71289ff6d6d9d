"""What a model call costs, from the operator's overrides or from `genai-prices`; unknown is None, never zero.

The package answers in decimals and looks a model up by patterns, which is far too slow per span. A model's prices are
asked for once and kept per token while they are linear; tiered prices are asked for each time.
"""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import genai_prices

from assay.config.model import Price

_MAX_MODELS = 10_000

_PROVIDERS = {
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "moonshot_ai": "moonshotai",
}


_FRAMEWORKS = frozenset({"", "_OTHER", "langchain", "langgraph", "strands-agents", "litellm", "llama_index"})
"""Provider names that say nothing about who bills: the model's name alone decides."""


class Rates(NamedTuple):
    """US dollars per token, linear up to `limit` input tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float
    source: str
    limit: float = math.inf


class Tokens(NamedTuple):
    """Token counts of one call; the input includes the cached ones."""

    input: int
    output: int
    cache_read: int
    cache_write: int


class Prices:
    """Prices of models, cached by (provider, model)."""

    def __init__(self, overrides: Iterable[Price] = ()) -> None:
        self._overrides = tuple(overrides)
        self._cache: dict[tuple[str, str], Rates | None] = {}
        self._tiered: dict[tuple[str, str], genai_prices.types.ModelPrice] = {}

    def cost(self, provider: str, model: str, tokens: tuple[int, int, int, int]) -> tuple[float, str] | None:
        """Cost in US dollars and its source; None where the price is unknown. `tokens` are `Tokens`, or the same as a tuple."""
        key = (provider, model)
        known = self._cache.get(key)
        if known is None:
            if key in self._cache:
                return None
            if len(self._cache) >= _MAX_MODELS:
                self._cache.clear()
            known = self._cache[key] = self._find(provider, model)
            if known is None:
                return None
        put_in, put_out, cache_read, cache_write = tokens
        of_input, of_output, of_read, of_write, source, limit = known
        if put_in <= limit:
            fresh = max(put_in - cache_read - cache_write, 0)
            cost = fresh * of_input + cache_read * of_read + cache_write * of_write + put_out * of_output
            return round(cost, 12), source
        try:
            usage = genai_prices.Usage(
                input_tokens=put_in,
                output_tokens=put_out,
                cache_read_tokens=cache_read,
                cache_write_tokens=cache_write,
            )
            tiered = self._tiered[key].calc_price(usage)
        except (ValueError, LookupError, TypeError, ArithmeticError):
            return None
        return float(tiered["total_price"]), "genai-prices"

    def _find(self, provider: str, model: str) -> Rates | None:
        for price in self._overrides:
            if price.model == model and price.provider in ("", provider):
                fresh = price.input_usd_per_mtok / 1e6
                return Rates(
                    fresh,
                    price.output_usd_per_mtok / 1e6,
                    _or(price.cache_read_usd_per_mtok, fresh),
                    _or(price.cache_write_usd_per_mtok, fresh),
                    "override",
                )
        provider_id = None if provider in _FRAMEWORKS else _PROVIDERS.get(provider, provider)
        usage = genai_prices.Usage(input_tokens=1, output_tokens=1)
        try:
            found = genai_prices.calc_price(usage, model, provider_id=provider_id).model_price
        except (LookupError, ValueError, ArithmeticError):
            return None
        prices = (found.input_mtok, found.output_mtok, found.cache_read_mtok, found.cache_write_mtok)
        if prices[0] is None and prices[1] is None:
            return None
        limit = math.inf
        for price_or_tiers in prices:
            if isinstance(price_or_tiers, genai_prices.types.TieredPrices):
                limit = min(limit, *(tier.start for tier in price_or_tiers.tiers))
        if limit < math.inf:
            self._tiered[provider, model] = found
        fresh = _per_token(prices[0], 0.0)
        return Rates(
            fresh,
            _per_token(prices[1], 0.0),
            _per_token(prices[2], fresh),
            _per_token(prices[3], fresh),
            "genai-prices",
            limit,
        )


def _or(usd_per_mtok: float | None, otherwise: float) -> float:
    return otherwise if usd_per_mtok is None else usd_per_mtok / 1e6


def _per_token(per_million: object, otherwise: float) -> float:
    if isinstance(per_million, genai_prices.types.TieredPrices):
        per_million = per_million.base
    return float(per_million) / 1e6 if isinstance(per_million, Decimal) else otherwise
