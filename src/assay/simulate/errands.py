"""What agents are asked to do: the tools, the calls that lead there, and answers that fit the results."""

import json
from typing import Any, NamedTuple

from assay.simulate.dice import Dice


class Run(NamedTuple):
    """One call of a tool with what it returns."""

    tool: str
    arguments: dict[str, Any]
    result: Any


class Errand(NamedTuple):
    """One thing to do."""

    persona: str
    question: str
    tools: tuple[dict[str, Any], ...]
    runs: tuple[Run, ...]
    answers: tuple[str, ...]
    """Ways of saying it, supported by the results."""
    invented: tuple[str, ...]
    """Ways of saying something that no tool has returned."""
    shrugs: tuple[str, ...]
    """Answers that do not use what the tools returned."""
    wish: tuple[str, str]
    """Something that none of the tools can do: what a person says, and in a few words."""


def tool(
    name: str, description: str, required: dict[str, Any], optional: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A definition as it is offered to a model."""
    properties = required | (optional or {})
    return {"name": name, "description": description, "parameters": {
        "type": "object", "properties": properties, "required": list(required), "additionalProperties": False}}  # fmt: skip


TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
DAY = {"type": "string", "format": "date"}
UNITS = {"type": "string", "enum": ["metric", "imperial"]}

GET_ORDER = tool("get_order", "Look up an order by its number.", {"order_id": TEXT})
TRACK_PARCEL = tool("track_parcel", "Where a parcel is.", {"tracking_number": TEXT})
REFUND = tool(
    "create_refund", "Refund an order or a part of it.", {"order_id": TEXT, "amount_eur": NUMBER}, {"reason": TEXT}
)
WEATHER = tool("get_forecast", "Weather forecast of a city.", {"city": TEXT, "days": WHOLE}, {"units": UNITS})
FLIGHTS = tool("search_flights", "Flights on a day.", {"origin": TEXT, "destination": TEXT, "date": DAY}, {"cabin": {"type": "string", "enum": ["economy", "business"]}})  # fmt: skip
CONVERT = tool("convert_currency", "Convert an amount.", {"amount": NUMBER, "source": TEXT, "target": TEXT})
HOTELS = tool("search_hotels", "Hotels in a city.", {"city": TEXT, "nights": WHOLE}, {"max_price_eur": NUMBER})
STOCK = tool(
    "check_stock", "Pieces in stock.", {"sku": TEXT}, {"warehouse": {"type": "string", "enum": ["north", "south"]}}
)
PRICE = tool("get_price", "Current price of an article.", {"sku": TEXT})
LOGS = tool("query_logs", "Count log lines of a service.", {"service": TEXT, "level": {"type": "string", "enum": ["info", "warning", "error"]}, "minutes": WHOLE})  # fmt: skip
DEPLOYS = tool("list_deployments", "Last deployments of a service.", {"service": TEXT}, {"limit": WHOLE})
METRIC = tool("get_metric", "Value of a metric.", {"name": TEXT, "service": TEXT})
SLOTS = tool("find_slots", "Free slots of a person.", {"person": TEXT, "date": DAY})
QUOTE = tool("get_quote", "Last price of a share.", {"symbol": TEXT})

SHOP, TRAVEL, OPS = (GET_ORDER, TRACK_PARCEL, REFUND), (FLIGHTS, HOTELS, WEATHER, CONVERT), (LOGS, DEPLOYS, METRIC)


def order_status(dice: Dice) -> Errand:
    number = f"{dice.chosen(('NW', 'ORD', 'A'))}-{dice.digits(3)}-{dice.digits(4)}"
    track, city = f"JD{dice.digits(12)}", dice.chosen(("Utrecht", "Leipzig", "Lyon", "Aarhus", "Graz"))
    day = f"2026-11-{dice.between(22, 28)}"
    carrier = dice.chosen(("DHL", "PostNL", "GLS"))
    return Errand(
        "You are the order assistant of a web shop. Use the tools.",
        dice.chosen((f"Where is my order {number}?", f"Has order {number} been shipped yet?", f"Could you check what happened to {number}, it should be here by now.")),
        SHOP,
        (Run("get_order", {"order_id": number}, {"order_id": number, "status": "shipped", "carrier": carrier, "tracking_number": track}),
         Run("track_parcel", {"tracking_number": track}, {"status": "in transit", "last_scan": city, "expected": day})),
        (f"Your order {number} is on its way with {carrier}. It was last scanned in {city} and is expected on {day}.",
         f"It has been shipped: {carrier} has the parcel, the last scan was in {city}, and it should reach you on {day}.",
         f"Good news, {number} is in transit (last scan: {city}). Expected delivery: {day}."),
        (f"Your order {number} was delivered on 2026-11-19 and handed to your neighbour at number 48.", f"The parcel is waiting for you at the pick-up point in Rotterdam with code {dice.digits(4)}."),
        ("I don't have access to live order data, so I cannot tell you where it is.", "Please look into your account to see the status of the order."),
        ("Please change the delivery address of that order to my office.", "change a delivery address"),
    )  # fmt: skip


def refund(dice: Dice) -> Errand:
    number, price = f"ORD-{dice.digits(6)}", dice.between(30, 180) + dice.chosen((0.0, 0.5, 0.95))
    reference = f"RF-{dice.digits(5)}"
    return Errand(
        "You are the order assistant of a web shop. Use the tools.",
        dice.chosen((f"The mug in order {number} arrived broken. Can I get my money back?", f"Please refund order {number}, the lamp does not work.", f"I want a refund for {number}: wrong colour.")),
        SHOP,
        (Run("get_order", {"order_id": number}, {"order_id": number, "status": "delivered", "total_eur": price}),
         Run("create_refund", {"order_id": number, "amount_eur": price, "reason": "damaged"}, {"refund_id": reference, "amount_eur": price, "arrives_in_days": 5})),
        (f"I have refunded {price:.2f} euros for order {number}. Your reference is {reference}, and the money arrives in about 5 days.",
         f"Done: the refund {reference} over {price:.2f} euros is on its way and takes 5 days."),
        (f"I have refunded {price + 40:.2f} euros and added a voucher of 25 euros.", "The refund of 310 euros is already on your card."),
        ("I am afraid that I cannot see whether a refund was made.", "A colleague will have to look at that order first."),
        ("Please also close my customer account.", "close an account"),
    )  # fmt: skip


def trip(dice: Dice) -> Errand:
    start, end = dice.some(("Oslo", "Bergen", "Hamburg", "Vienna", "Lisbon", "Dublin", "Prague"), 2)
    day, low = f"2026-12-{dice.between(1, 24):02d}", dice.between(70, 240)
    flights = [{"flight": f"FJ{dice.between(100, 999)}", "departs": f"{dice.between(6, 11):02d}:{dice.chosen(('05', '20', '45'))}", "price_eur": low},
               {"flight": f"FJ{dice.between(100, 999)}", "departs": f"{dice.between(12, 20):02d}:{dice.chosen(('10', '35', '55'))}", "price_eur": low + dice.between(15, 90)}]  # fmt: skip
    rate = round(dice.within(1.05, 1.19), 4)
    dollars = round(low * rate, 2)
    first, second = flights
    return Errand(
        "You plan trips. Use the tools and do not make up prices.",
        dice.chosen((f"Find me the cheapest flight from {start} to {end} on {day} and tell me the price in dollars.", f"What does it cost to fly {start} to {end} on {day}? In US dollars please.", f"I need to be in {end} on {day}, coming from {start}. What is the cheapest option in USD?")),
        TRAVEL,
        (Run("search_flights", {"origin": start, "destination": end, "date": day}, flights),
         Run("convert_currency", {"amount": low, "source": "EUR", "target": "USD"}, {"amount": dollars, "rate": rate})),
        (f"The cheapest flight from {start} to {end} on {day} is {first['flight']} at {first['departs']} for {low} euros, which is {dollars:.2f} US dollars.",
         f"{first['flight']} leaves at {first['departs']} and costs {low} euros (about {round(dollars)} dollars). The later one, {second['flight']}, is {second['price_eur']} euros.",
         f"You would pay {dollars:.2f} dollars:\n\n- {first['flight']}, {first['departs']}: {low} euros\n- {second['flight']}, {second['departs']}: {second['price_eur']} euros\n\nThe first one is cheaper."),
        (f"The cheapest flight is FJ{dice.between(1000, 1999)} at 05:15 for {low - 47} euros, or 19 dollars with the app discount.", "There is a direct flight at 23:40 for 34 euros including breakfast."),
        ("I'm unable to look up flights. Please check the airline's website.", "Prices vary a lot, so I would rather not name one."),
        ("Book the cheapest one with my card, please.", "book a flight"),
    )  # fmt: skip


def weather(dice: Dice) -> Errand:
    city, days = dice.chosen(("Bergen", "Porto", "Krakow", "Turin", "Galway", "Malmo")), dice.between(2, 4)
    forecast = [
        {"day": day, "high_c": dice.between(4, 17), "rain_mm": dice.between(0, 14)} for day in range(1, days + 1)
    ]
    wet = max(forecast, key=lambda one: one["rain_mm"])
    return Errand(
        "You plan trips. Use the tools and do not make up numbers.",
        dice.chosen((f"What will the weather be like in {city} for the next {days} days?", f"Do I need an umbrella in {city}? I'm there for {days} days.", f"Forecast for {city}, {days} days please.")),
        TRAVEL,
        (Run("get_forecast", {"city": city, "days": days, "units": "metric"}, {"city": city, "forecast": forecast}),),
        (f"For {city} the next {days} days look like this:\n" + "\n".join(f"- day {one['day']}: up to {one['high_c']} degrees, {one['rain_mm']} mm of rain" for one in forecast),
         f"Take an umbrella on day {wet['day']}: {wet['rain_mm']} mm of rain are expected in {city}, with {wet['high_c']} degrees.",
         f"The wettest day in {city} is day {wet['day']} with {wet['rain_mm']} mm; it gets up to {max(one['high_c'] for one in forecast)} degrees in these {days} days."),
        (f"It will snow in {city} with 38 cm of fresh snow and minus 21 degrees.", f"Expect a heat wave of 41 degrees in {city} and 96 mm of rain."),
        (f"I cannot see the weather in {city}, sorry.", "Weather is hard to predict, so just pack for everything."),
        ("Please reserve a table at a good restaurant for the first evening.", "reserve a table"),
    )  # fmt: skip


def stock(dice: Dice) -> Errand:
    sku, pieces, price = (
        f"{dice.chosen(('LMP', 'CHR', 'DSK', 'SHF'))}-{dice.digits(4)}",
        dice.between(3, 60),
        dice.between(20, 300),
    )
    wanted = dice.between(2, 3)
    return Errand(
        "You are the shop assistant. Use the tools.",
        dice.chosen((f"Is {sku} in stock and what do {wanted} of them cost?", f"How much for {wanted} pieces of {sku}, and are they available?", f"I'd like {wanted} x {sku}. Available?")),
        (STOCK, PRICE),
        (Run("check_stock", {"sku": sku}, {"sku": sku, "pieces": pieces}), Run("get_price", {"sku": sku}, {"sku": sku, "price_eur": price})),
        (f"Yes, there are {pieces} pieces of {sku} in stock. One costs {price} euros, so {wanted} are {wanted * price} euros.",
         f"{wanted} pieces come to {wanted * price} euros ({price} euros each), and {pieces} are available.",
         f"It is available ({pieces} in stock) at {price} euros apiece."),
        (f"{sku} is sold out until 14 March, but the successor costs {price + 111} euros.", f"We have {pieces + 400} pieces at a special price of {price // 2 + 1.99:.2f} euros today."),
        ("I can't tell whether it is in stock.", "Please ask in one of our shops about availability and prices."),
        ("Put them into my basket and pay with the stored card.", "place an order"),
    )  # fmt: skip


def incident(dice: Dice) -> Errand:
    service, errors, minutes = (
        dice.chosen(("checkout", "search", "billing", "login")),
        dice.between(40, 900),
        dice.chosen((15, 30, 60)),
    )
    release, hour = f"{dice.between(1, 9)}.{dice.between(0, 30)}.{dice.between(0, 9)}", f"{dice.between(6, 18):02d}:{dice.digits(1)}{dice.between(0, 9)}".replace(":9", ":4").replace(":8", ":3").replace(":7", ":2").replace(":6", ":1")  # fmt: skip
    latency = dice.between(120, 2400)
    return Errand(
        "You help the engineer on call. Use the tools; be exact.",
        dice.chosen((f"What is going on with {service}? Check the errors of the last {minutes} minutes and the last deployment.", f"{service} is acting up. Errors in the last {minutes} min, last deploy, p95?", f"Did the last release of {service} break something? Look at the last {minutes} minutes.")),
        OPS,
        (Run("query_logs", {"service": service, "level": "error", "minutes": minutes}, {"count": errors}),
         Run("list_deployments", {"service": service, "limit": 1}, [{"version": release, "at": hour, "by": "pipeline"}]),
         Run("get_metric", {"name": "latency_p95_ms", "service": service}, {"value": latency, "unit": "ms"})),
        (f"{service} logged {errors} errors in the last {minutes} minutes. The last deployment was {release} at {hour}; the p95 latency is {latency} ms.",
         f"There are {errors} errors in {minutes} minutes, and version {release} went out at {hour}. Latency at the 95th percentile: {latency} ms.",
         f"Summary:\n- errors: {errors} in {minutes} minutes\n- last deployment: {release} at {hour}\n- p95: {latency} ms"),
        (f"{service} is healthy: 3 errors only, and the last deployment was 0.9.77 eleven days ago.", f"The database of {service} ran out of disk at 97 percent and 12,431 requests failed."),
        ("I have no access to logs or deployments, please check the dashboard.", "Everything depends on the circumstances; please have a look yourself."),
        ("Roll it back to the version before, please.", "roll back a deployment"),
    )  # fmt: skip


def shares(dice: Dice) -> Errand:
    symbol, price, count = (
        dice.chosen(("EQNR", "MAERSK", "NOKIA", "SHEL")),
        round(dice.within(12, 240), 2),
        dice.between(5, 40),
    )
    rate = round(dice.within(0.86, 0.95), 4)
    total = round(price * count, 2)
    euros = round(total * rate, 2)
    return Errand(
        "You answer questions about prices with the tools.",
        dice.chosen((f"What are {count} shares of {symbol} worth in euros?", f"I own {count} {symbol}. How much is that in EUR today?")),
        (QUOTE, CONVERT),
        (Run("get_quote", {"symbol": symbol}, {"symbol": symbol, "price_usd": price}),
         Run("convert_currency", {"amount": total, "source": "USD", "target": "EUR"}, {"amount": euros, "rate": rate})),
        (f"{count} shares of {symbol} at {price:.2f} dollars are {total:.2f} dollars, or {euros:.2f} euros.",
         f"At the last price of {price:.2f} dollars your shares are worth {euros:.2f} euros."),
        (f"Your shares are worth {euros * 2 + 13:.2f} euros and rose by 14 percent this week.", "They are worth 1,000,017 euros after the split."),
        ("I can't provide stock prices.", "It depends on the market; please ask your broker."),
        ("Sell half of them, please.", "sell shares"),
    )  # fmt: skip


def meeting(dice: Dice) -> Errand:
    person, day = dice.chosen(("Ines", "Rahul", "Henrik", "Grace")), f"2026-11-{dice.between(23, 27)}"
    slots = sorted(dice.some(("09:00", "10:30", "11:15", "13:00", "14:30", "16:00"), 2))
    return Errand(
        "You arrange meetings. Use the tools.",
        dice.chosen((f"When is {person} free on {day}?", f"I need half an hour with {person} on {day}. What is possible?")),
        (SLOTS,),
        (Run("find_slots", {"person": person, "date": day}, {"free": slots}),),
        (f"{person} is free at {slots[0]} and {slots[1]} on {day}.", f"On {day} there are two free slots: {slots[0]} or {slots[1]}."),
        (f"{person} is free all day on {day} except 07:10 to 07:55.", f"{person} has already accepted your invitation for 18:20."),
        (f"I don't have access to {person}'s calendar.", "Please ask your colleague directly when it suits."),
        ("Please send the invitation right away.", "send an invitation"),
    )  # fmt: skip


ERRANDS = {
    "order-agent": (order_status, refund), "travel-agent": (trip, weather), "ops-agent": (incident, meeting), "shop-agent": (stock, shares),
}  # fmt: skip


def as_result(dice: Dice, value: Any) -> str:
    """A result in the form in which a tool hands it over."""
    return json.dumps(value, indent=2 if dice.happens(0.2) else None)
