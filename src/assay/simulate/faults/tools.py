"""Wrong tool, bad arguments, a loop, an error at the tool's side; or no tool for what is asked."""

import json
from collections.abc import Callable

from assay.simulate import errands
from assay.simulate.agent import AgentTurn, Use
from assay.simulate.trace import Error

SORRY = (
    "I'm sorry, the system that I need is not available right now. Please try again later.",
    "Something went wrong while I looked this up, so I can't tell you at the moment.",
    "The lookup failed. A colleague will get back to you.",
    "Unfortunately I could not complete this because of a technical problem.",
)


def _first(turn: AgentTurn) -> Use:
    return turn.rounds[0][0]


def _gives_up(turn: AgentTurn) -> None:
    turn.reply.text = turn.dice.chosen(SORRY)
    turn.outcome = "failure"


UNKNOWN = (
    "send_email",
    "web_search",
    "browse",
    "execute_sql",
    "python",
    "open_ticket",
    "get_customer_profile",
    "notify_manager",
    "calendar_lookup",
)


def _calls_unknown(turn: AgentTurn, name: str, *, runs: bool, instead: bool) -> None:
    first = _first(turn)
    message = turn.dice.chosen(
        (
            f"Tool '{name}' not found.",
            f"Unknown tool: {name}",
            f"Error: {name} is not a valid tool, try one of [{', '.join(tool['name'] for tool in turn.offered)}].",
        )
    )
    use = Use(
        name,
        first.arguments if instead else json.dumps({"query": turn.question[:40]}),
        message,
        Error("ToolNotFoundError", message) if runs else None,
        4.0,
        runs,
    )
    if runs:
        turn.also("tool_failure.tool_error")
    turn.rounds.insert(0, [use])


def made_up_tool(turn: AgentTurn) -> None:
    """A tool that nobody offered; the agent then takes the right one."""
    _calls_unknown(turn, turn.dice.chosen(UNKNOWN), runs=False, instead=False)


def made_up_tool_fails(turn: AgentTurn) -> None:
    """A tool that nobody offered; the agent gives up."""
    _calls_unknown(turn, turn.dice.chosen(UNKNOWN), runs=True, instead=False)
    turn.rounds = turn.rounds[:1]
    _gives_up(turn)


def misspelt_tool(turn: AgentTurn) -> None:
    """The name of a tool, spelt another way."""
    name = _first(turn).tool
    head, _, tail = name.partition("_")
    spelt = turn.dice.chosen(
        (
            head + tail.title().replace("_", ""),
            f"functions.{name}",
            f"{name}s",
            name.replace("_", "-"),
            f"{tail}_{head}",
        )
    )
    _calls_unknown(turn, spelt, runs=turn.dice.happens(0.5), instead=True)


def tool_of_another_agent(turn: AgentTurn) -> None:
    """A tool that another agent has."""
    offered = {tool["name"] for tool in turn.offered}
    others = [
        tool["name"]
        for tool in (errands.GET_ORDER, errands.FLIGHTS, errands.LOGS, errands.STOCK, errands.QUOTE)
        if tool["name"] not in offered
    ]
    _calls_unknown(turn, turn.dice.chosen(others), runs=False, instead=False)


def _bad(turn: AgentTurn, arguments: str, complaint: str) -> None:
    """The call with bad arguments; mostly the tool complains and the agent corrects itself or gives up."""
    first = _first(turn)
    way = turn.dice.chosen(("corrects", "gives up", "not noticed"), (0.45, 0.35, 0.2))
    if way == "not noticed":
        turn.rounds[0][0] = Use(first.tool, arguments, first.result)
        return
    if turn.dice.happens(0.7):
        bad = Use(
            first.tool,
            arguments,
            "",
            Error(turn.dice.chosen(("ValidationError", "ToolInputParsingException", "ValueError")), complaint),
            6.0,
        )
        turn.also("tool_failure.tool_error")
    else:
        bad = Use(first.tool, arguments, json.dumps({"error": complaint}), None, 6.0)
        turn.also("tool_failure.tool_error")
    turn.rounds.insert(0, [bad])
    if way == "gives up":
        turn.rounds = turn.rounds[:1]
        _gives_up(turn)


def _required(turn: AgentTurn) -> str:
    tool = next(tool for tool in turn.offered if tool["name"] == _first(turn).tool)
    return str(turn.dice.chosen(tool["parameters"]["required"]))


def missing_argument(turn: AgentTurn) -> None:
    """A required argument is missing."""
    arguments, name = json.loads(_first(turn).arguments), _required(turn)
    del arguments[name]
    _bad(turn, json.dumps(arguments), f"1 validation error: {name}: Field required")


def renamed_argument(turn: AgentTurn) -> None:
    """An argument stands under another name."""
    arguments, name = json.loads(_first(turn).arguments), _required(turn)
    other = turn.dice.chosen((name.title().replace("_", ""), f"{name}_value", "input", "id" if name != "id" else "key"))
    arguments[other] = arguments.pop(name)
    _bad(turn, json.dumps(arguments), f"unexpected argument '{other}', missing '{name}'")


def wrong_type(turn: AgentTurn) -> None:
    """An argument has another type than the schema says."""
    arguments, name = json.loads(_first(turn).arguments), _required(turn)
    value = arguments[name]
    arguments[name] = (
        turn.dice.chosen(([value], {"value": value}, None))
        if isinstance(value, str)
        else turn.dice.chosen((f"{value} or so", [value], "several"))
    )
    _bad(turn, json.dumps(arguments), f"{name}: wrong type")


def cut_arguments(turn: AgentTurn) -> None:
    """The arguments are no JSON: they end too early."""
    whole = _first(turn).arguments
    _bad(turn, whole[: turn.dice.between(len(whole) // 2, len(whole) - 2)], "Unterminated string in JSON arguments")


def python_arguments(turn: AgentTurn) -> None:
    """The arguments are written as a Python or JavaScript literal."""
    arguments = json.loads(_first(turn).arguments)
    written = turn.dice.chosen(
        (
            str(arguments),
            "{" + ", ".join(f"{key}: {value!r}" for key, value in arguments.items()) + "}",
            f"{_first(turn).tool}(**{arguments})",
        )
    )
    _bad(turn, written, "Expecting property name enclosed in double quotes")


def not_in_enumeration(turn: AgentTurn) -> None:
    """A value that is not one of those allowed, or an argument that does not exist."""
    arguments = json.loads(_first(turn).arguments)
    tool = next(tool for tool in turn.offered if tool["name"] == _first(turn).tool)
    choices = [key for key, schema in tool["parameters"]["properties"].items() if "enum" in schema]
    name = turn.dice.chosen(choices) if choices else "verbose"
    arguments[name] = "whatever fits best" if choices else True
    _bad(turn, json.dumps(arguments), f"{name}: input should be one of the allowed values")


ERRORS = (
    Error("HTTPError", "500 Server Error: Internal Server Error for url: http://backend.internal.example/api", 500),
    Error("ConnectionError", "Failed to establish a new connection: [Errno 111] Connection refused"),
    Error("PermissionError", "403 Forbidden: the service account lacks the role reader", 403),
    Error("OperationalError", "could not connect to server: too many connections"),
    Error("KeyError", "'results'"),
    Error("ToolException", "upstream service returned 503 Service Unavailable", 503),
)
PAYLOADS = (
    '{"error": "internal error", "code": 500}', '{"isError": true, "content": [{"type": "text", "text": "Database is locked"}]}',
    '{"status": "error", "message": "backend unavailable"}', "Error: the service responded with status 502",
    '{"success": false, "error": {"type": "UpstreamError", "message": "bad gateway"}}', "Traceback (most recent call last): RuntimeError: session closed",
)  # fmt: skip


def raised(turn: AgentTurn) -> None:
    """The tool raised."""
    use = turn.dice.chosen(turn.rounds)[0]
    use.error, use.result = turn.dice.chosen(ERRORS), ""
    turn.rounds = turn.rounds[: [uses[0] for uses in turn.rounds].index(use) + 1]
    _gives_up(turn)


def raised_twice(turn: AgentTurn) -> None:
    """The tool raised, was called again, and raised again."""
    first, error = _first(turn), turn.dice.chosen(ERRORS)
    turn.rounds = [[Use(first.tool, first.arguments, "", error)], [Use(first.tool, first.arguments, "", error)]]
    _gives_up(turn)


def returned_error(turn: AgentTurn) -> None:
    """The tool returned an error as its result; its span is fine."""
    _first(turn).result = turn.dice.chosen(PAYLOADS)
    turn.rounds = turn.rounds[:1]
    _gives_up(turn)


def error_in_the_end(turn: AgentTurn) -> None:
    """The last tool failed, the answer says what is known."""
    last = turn.rounds[-1][0]
    last.result, last.error = (
        ("", turn.dice.chosen(ERRORS)) if turn.dice.happens(0.5) else (turn.dice.chosen(PAYLOADS), None)
    )
    _gives_up(turn)


TIMEOUTS = (
    Error("TimeoutError", "tool call exceeded its deadline"), Error("httpx.ReadTimeout", "The read operation timed out"),
    Error("asyncio.TimeoutError", "timed out"), Error("ReadTimeout", "HTTPConnectionPool(host='backend.internal.example', port=80): Read timed out."),
    Error("McpError", "Timed out while waiting for response to ClientRequest."), Error("DEADLINE_EXCEEDED", "Deadline Exceeded", 504),
)  # fmt: skip
LONG_MS = 9_000.0
"""From here on a tool that waits makes the whole request slow."""


def timed_out(turn: AgentTurn) -> None:
    """A tool did not answer in time."""
    use = turn.dice.chosen(turn.rounds)[0]
    use.error, use.result, use.ms = (
        turn.dice.chosen(TIMEOUTS),
        "",
        turn.dice.chosen((2000.0, 3000.0, 5000.0, 10_000.0, 30_000.0)),
    )
    if use.ms > LONG_MS:
        turn.also("serving_bottleneck.slow_stage")
    turn.rounds = turn.rounds[: [uses[0] for uses in turn.rounds].index(use) + 1]
    _gives_up(turn)


def timed_out_twice(turn: AgentTurn) -> None:
    """A tool timed out twice."""
    first, error, ms = _first(turn), turn.dice.chosen(TIMEOUTS), turn.dice.chosen((2000.0, 3000.0))
    turn.rounds = [[Use(first.tool, first.arguments, "", error, ms)], [Use(first.tool, first.arguments, "", error, ms)]]
    _gives_up(turn)


def told_of_time_out(turn: AgentTurn) -> None:
    """The tool's wrapper returned the time-out as text."""
    first = _first(turn)
    first.result, first.ms = (
        turn.dice.chosen(
            (
                "Error: request timed out after 5 s",
                '{"error": "timeout", "timeout_seconds": 5}',
                "The operation timed out.",
            )
        ),
        5000.0,
    )
    turn.rounds = turn.rounds[:1]
    _gives_up(turn)


def retries_failing(turn: AgentTurn) -> None:
    """The same call fails again and again."""
    first, error = _first(turn), turn.dice.chosen(ERRORS)
    turn.rounds = [[Use(first.tool, first.arguments, "", error, 60.0)] for _ in range(turn.dice.between(4, 8))]
    turn.also("tool_failure.tool_error")
    _gives_up(turn)


def retries_empty(turn: AgentTurn) -> None:
    """The same call returns nothing again and again."""
    first, nothing = _first(turn), turn.dice.chosen(("[]", "null", '{"results": []}', "no data"))
    turn.rounds = [[Use(first.tool, first.arguments, nothing, None, 70.0)] for _ in range(turn.dice.between(4, 7))]
    _gives_up(turn)


def retries_though_done(turn: AgentTurn) -> None:
    """The same call succeeds again and again, and the agent does not see it."""
    first = _first(turn)
    turn.rounds = [
        [Use(first.tool, first.arguments, first.result)] for _ in range(turn.dice.between(4, 7))
    ] + turn.rounds[1:]


def retries_in_one_step(turn: AgentTurn) -> None:
    """One step of the agent repeats the call inside."""
    first, error = _first(turn), turn.dice.chosen(ERRORS)
    turn.rounds = [[Use(first.tool, first.arguments, "", error, 50.0) for _ in range(turn.dice.between(4, 6))]]
    turn.also("tool_failure.tool_error")
    _gives_up(turn)


LIMITS = (
    Error("GraphRecursionError", "Recursion limit of 25 reached without hitting a stop condition."), Error("MaxTurnsExceeded", "Max turns (10) exceeded"),
    Error("AgentError", "Agent stopped due to iteration limit or time limit."), Error("UsageLimitExceeded", "The next request would exceed the request_limit of 12"),
)  # fmt: skip


def _stops(turn: AgentTurn) -> None:
    turn.outcome = "failure"
    if turn.dice.happens(0.7):
        turn.answers, turn.end_error = False, turn.dice.chosen(LIMITS)
    else:
        _gives_up(turn)


def to_and_fro(turn: AgentTurn) -> None:
    """Two tools in turn, with the same arguments each time."""
    uses = [uses[0] for uses in turn.rounds]
    pair = uses[:2] if len(uses) > 1 else [uses[0], _other(turn)]
    turn.rounds = [
        [Use(pair[number % 2].tool, pair[number % 2].arguments, pair[number % 2].result)]
        for number in range(turn.dice.between(8, 13))
    ]
    _stops(turn)


def _other(turn: AgentTurn) -> Use:
    """A call of another tool with arguments that fit."""
    samples = {"string": "overview", "integer": 1, "number": 1.0}
    tool = next((tool for tool in turn.offered if tool["name"] != _first(turn).tool), turn.offered[0])
    arguments = {name: turn.dice.chosen(schema["enum"]) if "enum" in schema else "2026-11-25" if schema.get("format") == "date" else samples[schema["type"]]
                 for name, schema in tool["parameters"]["properties"].items() if name in tool["parameters"]["required"]}  # fmt: skip
    return Use(tool["name"], json.dumps(arguments), '{"note": "see the other system"}')


def three_in_a_circle(turn: AgentTurn) -> None:
    """Three steps in a circle."""
    circle = [*[uses[0] for uses in turn.rounds[:2]], _other(turn)]
    turn.rounds = [
        [
            Use(
                circle[number % len(circle)].tool,
                circle[number % len(circle)].arguments,
                circle[number % len(circle)].result,
            )
        ]
        for number in range(turn.dice.between(9, 14))
    ]
    _stops(turn)


def asks_and_rejects(turn: AgentTurn) -> None:
    """The agent gets its result, is not content, and begins anew."""
    turn.rounds = [[Use(use.tool, use.arguments, use.result)] for _ in range(turn.dice.between(4, 6)) for uses in turn.rounds for use in uses] \
        if len(turn.rounds) > 1 else [[Use(use.tool, use.arguments, use.result)] for _ in range(5) for use in (_first(turn), _other(turn))]  # fmt: skip
    _stops(turn)


def shrugs(turn: AgentTurn) -> None:
    """The tools returned what was asked for and the answer does not use it."""
    turn.reply.text = turn.dice.chosen(turn.errand.shrugs) if turn.errand else ""


def asks_for_what_it_has(turn: AgentTurn) -> None:
    """The answer asks for what the tools have just returned."""
    turn.reply.text = turn.dice.chosen(
        (
            "Could you give me the details so that I can look it up?",
            "Before I can say anything about this, I need more information from you.",
            "I don't have any data on that yet. What exactly would you like to know?",
            "I will check this for you and come back later.",
        )
    )


def talks_about_something_else(turn: AgentTurn) -> None:
    """The answer talks in general terms."""
    turn.reply.text = turn.dice.chosen(
        (
            "There are many things to consider here. In general it is a good idea to compare several options and to plan ahead.",
            "Our team works hard to give you the best experience. Feel free to explore our website.",
            "That is an interesting question! It varies from case to case.",
        )
    )


def no_tool(turn: AgentTurn) -> None:
    """What is asked for is none of the tools' business, and the agent says so."""
    _wish(turn)
    turn.rounds = []


def no_tool_after_errand(turn: AgentTurn) -> None:
    """The first half of the request is done, for the second there is no tool."""
    first, done = turn.question, turn.reply.text
    _wish(turn)
    turn.question, turn.reply.text = f"{first} {turn.question}", f"{done} {turn.reply.text}"


WAYS: tuple[str, ...] = (
    "I'm not able to {}. Please contact our support team.", "Unfortunately I can't {} for you; I don't have a tool for that.",
    "I don't have the ability to {}.", "There is no function available to me to {}.", "I'm afraid I cannot {} from here.",
    "This assistant has no way to {}. You can do it in your account.",
)  # fmt: skip


def _wish(turn: AgentTurn) -> None:
    asked, wanted = turn.errand.wish if turn.errand else ("", "")
    turn.question = asked
    turn.reply.text = turn.dice.chosen(WAYS).format(wanted)
    turn.outcome = turn.dice.chosen(("escalated", "failure", "success"))


def offers_something_else(turn: AgentTurn) -> None:
    """There is no tool, and the agent offers what it can do instead."""
    _wish(turn)
    turn.rounds = []
    names = ", ".join(tool["description"].rstrip(".").lower() for tool in turn.offered[:2])
    turn.reply.text += turn.dice.chosen(
        (
            f" What I can do: {names}.",
            " Shall I pass you on to a colleague?",
            f" I can only help with the following: {names}.",
        )
    )


Change = Callable[[AgentTurn], None]
UNKNOWN_TOOL: tuple[Change, ...] = (made_up_tool, made_up_tool_fails, misspelt_tool, tool_of_another_agent)
BAD_ARGUMENTS: tuple[Change, ...] = (
    missing_argument,
    renamed_argument,
    wrong_type,
    cut_arguments,
    python_arguments,
    not_in_enumeration,
)
TOOL_ERROR: tuple[Change, ...] = (raised, raised_twice, returned_error, error_in_the_end)
TOOL_TIMEOUT: tuple[Change, ...] = (timed_out, timed_out_twice, told_of_time_out)
RETRY_LOOP: tuple[Change, ...] = (retries_failing, retries_empty, retries_though_done, retries_in_one_step)
AGENT_LOOP: tuple[Change, ...] = (to_and_fro, three_in_a_circle, asks_and_rejects)
IGNORED: tuple[Change, ...] = (shrugs, asks_for_what_it_has, talks_about_something_else)
MISSING_TOOL: tuple[Change, ...] = (no_tool, no_tool_after_errand, offers_something_else)
