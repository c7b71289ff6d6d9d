"""How many input tokens a model takes: the context window, by the models that `genai-prices` knows."""

from functools import lru_cache

import genai_prices


@lru_cache(4096)
def context_window_tokens(model: str) -> int | None:
    """Tokens of a model's context window; None where that is not known."""
    usage = genai_prices.Usage(input_tokens=1, output_tokens=1)
    try:
        return genai_prices.calc_price(usage, model).model.context_window
    except (LookupError, ValueError, ArithmeticError):
        return None
