"""Queue, limit, cache miss or a slow stage."""

from assay.simulate.agent import AgentTurn
from assay.simulate.rag import RagTurn
from assay.simulate.trace import Error
from assay.simulate.turn import Turn

LIMITED = (
    Error(
        "openai.RateLimitError",
        "Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000', 'type': 'tokens', 'code': 'rate_limit_exceeded'}}",
        429,
    ),
    Error(
        "anthropic.RateLimitError",
        "Error code: 429 - {'type': 'error', 'error': {'type': 'rate_limit_error', 'message': 'This request would exceed your rate limit'}}",
        429,
    ),
    Error("RateLimitError", "Too Many Requests", 429),
    Error("google.api_core.exceptions.ResourceExhausted", "429 Resource has been exhausted (e.g. check quota).", 429),
    Error("openai.RateLimitError", "You exceeded your current quota, please check your plan and billing details.", 429),
    Error("AI_RetryError", "Failed after 3 attempts. Last error: Rate limit reached", 429),
)
TIMED_OUT = (
    Error("openai.APITimeoutError", "Request timed out."), Error("anthropic.APITimeoutError", "Request timed out or interrupted."),
    Error("httpx.ReadTimeout", "The read operation timed out"), Error("TimeoutError", "model call exceeded 60 s"),
    Error("google.api_core.exceptions.DeadlineExceeded", "504 Deadline Exceeded", 504), Error("AbortError", "This operation was aborted: timeout of 30000ms exceeded"),
)  # fmt: skip
BROKEN = (
    Error(
        "openai.InternalServerError",
        "Error code: 500 - {'error': {'message': 'The server had an error while processing your request', 'type': 'server_error'}}",
        500,
    ),
    Error(
        "anthropic.OverloadedError",
        "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}}",
        529,
    ),
    Error(
        "openai.APIStatusError",
        "503 Service Unavailable: The engine is currently overloaded, please try again later",
        503,
    ),
    Error("google.genai.errors.ServerError", "500 INTERNAL. An internal error has occurred.", 500),
    Error("APIError", "502 Bad Gateway", 502),
)


def _fails(turn: Turn, error: Error, *, attempts: int = 0) -> None:
    turn.reply.error = error
    turn.reply.failed_attempts = [error] * attempts
    turn.outcome = "failure"
    if isinstance(turn, AgentTurn):
        turn.rounds = turn.rounds[: turn.dice.between(0, len(turn.rounds))]


def limited(turn: Turn) -> None:
    """The provider refuses the call."""
    _fails(turn, turn.dice.chosen(LIMITED))


def limited_again_and_again(turn: Turn) -> None:
    """The application tries again, and the provider refuses each time."""
    _fails(turn, turn.dice.chosen(LIMITED), attempts=turn.dice.between(1, 3))


def limited_inside_client(turn: Turn) -> None:
    """The client library tried again inside before it gave up."""
    _fails(turn, turn.dice.chosen(LIMITED))
    turn.reply.retries = turn.dice.between(2, 4)
    turn.reply.stalls_ms = turn.dice.within(3000, 8000)


def search_limited(turn: RagTurn) -> None:
    """The vector store refuses the search."""
    turn.searches[0].error = Error(
        turn.dice.chosen(("TooManyRequests", "PineconeApiException", "RateLimitError")), "429 Too Many Requests", 429
    )
    turn.outcome = "failure"


def timed_out(turn: Turn) -> None:
    """The model did not answer in time."""
    _fails(turn, turn.dice.chosen(TIMED_OUT))
    turn.reply.stalls_ms = turn.dice.chosen((10_000.0, 30_000.0, 60_000.0))


def timed_out_after_attempts(turn: Turn) -> None:
    """One attempt timed out, and the next as well."""
    _fails(turn, turn.dice.chosen(TIMED_OUT), attempts=1)
    turn.reply.stalls_ms = turn.dice.chosen((10_000.0, 20_000.0))


def search_timed_out(turn: RagTurn) -> None:
    """The vector store did not answer in time."""
    turn.searches[0].error = Error(turn.dice.chosen(("ReadTimeout", "ConnectTimeout", "TimeoutError", "qdrant_client.http.exceptions.ResponseHandlingException")),
                                   turn.dice.chosen(("timed out", "The read operation timed out", "Timeout context manager should be used")))  # fmt: skip
    turn.slow_ms["retrieval"] = turn.dice.chosen((3000.0, 5000.0, 10_000.0))
    turn.outcome = "failure"


def broken(turn: Turn) -> None:
    """The provider fails."""
    _fails(turn, turn.dice.chosen(BROKEN))


def broken_again_and_again(turn: Turn) -> None:
    """The provider fails again and again."""
    _fails(turn, turn.dice.chosen(BROKEN), attempts=turn.dice.between(1, 3))


def broken_inside_client(turn: Turn) -> None:
    """The client library tried again inside before it gave up."""
    _fails(turn, turn.dice.chosen(BROKEN))
    turn.reply.retries = 2
    turn.reply.stalls_ms = turn.dice.within(2000, 6000)


def queue(turn: Turn) -> None:
    """The request waits at the provider before the first token comes."""
    turn.reply.first_token_ms = turn.dice.within(8_000, 14_000)


def long_queue(turn: Turn) -> None:
    """The request waits very long."""
    turn.reply.first_token_ms = turn.dice.within(14_000, 40_000)


def slow_planning(turn: AgentTurn) -> None:
    """Every call of the agent waits."""
    turn.slow_ms["planning"] = turn.dice.within(8_000, 12_000)
    turn.reply.first_token_ms = turn.dice.within(8_000, 12_000)


def slow_search(turn: RagTurn) -> None:
    """The search takes most of the time."""
    turn.slow_ms["retrieval"] = turn.dice.within(9_000, 25_000)


def slow_rerank(turn: RagTurn) -> None:
    """The reranker takes most of the time."""
    turn.slow_ms["rerank" if turn.service.reranks else "embedding"] = turn.dice.within(9_000, 20_000)


def slow_guardrail(turn: RagTurn) -> None:
    """A guardrail or the building of the context takes most of the time."""
    turn.slow_ms["guardrail" if turn.guards else "context"] = turn.dice.within(9_000, 18_000)


def slow_rewrite(turn: RagTurn) -> None:
    """Rewriting the query, or the formatting of the answer, takes most of the time."""
    turn.slow_ms["query" if turn.service.rewrites else "postprocess"] = turn.dice.within(10_000, 20_000)


def slow_tool(turn: AgentTurn) -> None:
    """A tool takes most of the time."""
    turn.dice.chosen(turn.rounds)[0].ms = turn.dice.within(12_000, 30_000)


def slow_document(turn: Turn) -> None:
    """Loading the document takes most of the time."""
    turn.slow_ms["loading"] = turn.dice.within(9_000, 30_000)


def uncached(turn: Turn) -> None:
    """The provider has lost what it had cached."""
    turn.reply.cached = False


def clock_in_prompt(turn: Turn) -> None:
    """A clock at the head of the prompt changes it with every request."""
    turn.reply.cached = False
    turn.preamble = f"Current time: 2026-11-21 {turn.dice.between(8, 19):02d}:{turn.dice.between(10, 59)}:{turn.dice.between(10, 59)}\n"


def uncached_rounds(turn: AgentTurn) -> None:
    """None of the calls of an agent finds the prefix that they share."""
    turn.reply.cached = False
    if len(turn.rounds) == 1:
        turn.rounds.append([type(turn.rounds[0][0])(use.tool, use.arguments, use.result) for use in turn.rounds[0]])


SLOWEST_MS = {"mail-intake": 4000.0, "writing-helper": 15_000.0}
"""Longest duration that the owners of these services allow a model call."""
DEAREST_USD = {"invoice-extractor": 0.002}
"""What the owners of these services allow a model call to cost."""


def over_time(turn: Turn) -> None:
    """The model writes slowly and comes late for this service, though not for others."""
    turn.reply.stalls_ms = SLOWEST_MS[turn.service.name] * turn.dice.within(1.1, 1.6)


def over_cost(turn: Turn) -> None:
    """A whole archive went along with the prompt: the call costs more than it may."""
    turn.reply.input_tokens = turn.dice.between(50_000, 70_000)
    turn.reply.first_token_ms = turn.dice.within(900, 2000)
