"""What extraction services read: a document in somebody's words, the schema that is asked for, and the right answer."""

from typing import Any, NamedTuple

from assay.simulate import personal
from assay.simulate.dice import Dice


class Paper(NamedTuple):
    """A document with what is in it."""

    task: str
    text: str
    schema: dict[str, Any]
    value: dict[str, Any]


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
SUPPLIERS = (
    "Globex Ltd",
    "Brookfield Paper",
    "Nordlys Elektro AS",
    "Casa Verde S.L.",
    "Kranz & Sohn GmbH",
    "Papeterie Dubois",
)
GOODS = (
    ("shelf bracket", 4.5),
    ("LED panel", 39.0),
    ("printer paper A4", 5.9),
    ("desk lamp", 27.5),
    ("cable drum", 61.0),
    ("label roll", 8.25),
)
SUBJECTS = (
    ("login", "I cannot log in any more since the update; the page reloads and nothing happens."),
    ("billing", "The last invoice lists two seats although we only have one. Please correct it."),
    ("shipping", "The parcel came with a dent and one of the two frames is missing."),
    ("praise", "Just wanted to say that the new search is a pleasure to use. Thanks to the team!"),
    ("feature", "It would help us a lot if reports could be exported as a spreadsheet."),
)
FINDINGS = (("motor bearing", "replace"), ("conveyor belt", "tighten"), ("emergency stop", "none"), ("oil filter", "replace"), ("guard rail", "repaint"))  # fmt: skip


def invoice(dice: Dice) -> Paper:
    """An invoice with line items."""
    number, supplier = f"{dice.chosen(('RE', 'INV', '2026'))}-{dice.digits(5)}", dice.chosen(SUPPLIERS)
    items = [(name, price, dice.between(1, 12)) for name, price in dice.some(GOODS, dice.between(1, 4))]
    total = round(sum(price * count for _, price, count in items), 2)
    day = f"2026-{dice.between(1, 11):02d}-{dice.between(1, 28):02d}"
    lines = "\n".join(f"{count} x {name} at {price:.2f} EUR = {price * count:.2f} EUR" for name, price, count in items)
    head = dice.chosen((f"Invoice {number}\n{supplier}\nDate: {day}", f"{supplier}\n\nINVOICE no. {number} of {day}", f"Invoice number: {number}\nIssued {day} by {supplier}"))  # fmt: skip
    return Paper(
        dice.chosen(("Extract the invoice as JSON.", "Read the invoice and return the fields as JSON.")),
        f"{head}\n\n{lines}\n\nTotal due: {total:.2f} EUR\nPayable within {dice.chosen((14, 30))} days.",
        _object(invoice_number=TEXT, supplier=TEXT, date=TEXT, total=NUMBER, currency={"type": "string", "enum": ["EUR", "USD", "GBP"]},
                items={"type": "array", "items": _object(name=TEXT, quantity=WHOLE, price=NUMBER)}),
        {"invoice_number": number, "supplier": supplier, "date": day, "total": total, "currency": "EUR",
         "items": [{"name": name, "quantity": count, "price": price} for name, price, count in items]},
    )  # fmt: skip


def mail(dice: Dice) -> Paper:
    """A message to support that has to be sorted."""
    topic, text = dice.chosen(SUBJECTS)
    urgent = dice.happens(0.3)
    sender = personal.name(dice).split(" ", maxsplit=1)[0]
    closing = dice.chosen((f"Best regards\n{sender}", f"Thanks, {sender}", f"{sender}"))
    return Paper(
        dice.chosen(("Classify this message and answer in JSON.", "Sort the e-mail into a category; return JSON.")),
        f"{dice.chosen(('Hello,', 'Dear support team,', 'Hi,'))}\n\n{text}{' This is urgent, we are losing orders.' if urgent else ''}\n\n{closing}",
        _object(category={"type": "string", "enum": [name for name, _ in SUBJECTS]}, urgent={"type": "boolean"}, summary=TEXT),
        {"category": topic, "urgent": urgent, "summary": text},
    )  # fmt: skip


def report(dice: Dice) -> Paper:
    """An inspection report with findings."""
    place, found = f"Line {dice.between(1, 9)}", dice.some(FINDINGS, dice.between(1, 4))
    hours = dice.between(200, 9000)
    prose = " ".join(
        f"{part.capitalize()}: {'no action needed' if action == 'none' else 'please ' + action}."
        for part, action in found
    )
    return Paper(
        dice.chosen(("List the findings of this inspection report as JSON.", "Turn the report into JSON.")),
        f"Inspection of {place}, {hours} operating hours. {prose} Next inspection in {dice.chosen((3, 6))} months.",
        _object(place=TEXT, operating_hours=WHOLE, findings={"type": "array", "items": _object(
            part=TEXT, action={"type": "string", "enum": ["replace", "tighten", "repaint", "none"]})}),
        {"place": place, "operating_hours": hours, "findings": [{"part": part, "action": action} for part, action in found]},
    )  # fmt: skip


def shipment(dice: Dice) -> Paper:
    """A shipping notice."""
    track, city, boxes = f"1Z{dice.letters(8, '0123456789ABCDEF')}{dice.digits(6)}", dice.chosen(("Rotterdam", "Gdansk", "Antwerp", "Aalborg")), dice.between(1, 14)  # fmt: skip
    weight = round(dice.within(1, 40) * boxes, 1)
    return Paper(
        dice.chosen(("Extract the shipment as JSON.", "Which shipment is announced? Answer in JSON.")),
        f"We have handed {boxes} {'box' if boxes == 1 else 'boxes'} to the carrier in {city}. Tracking number {track}. Total weight {weight} kg.",
        _object(tracking_number=TEXT, origin=TEXT, boxes=WHOLE, weight_kg=NUMBER),
        {"tracking_number": track, "origin": city, "boxes": boxes, "weight_kg": weight},
    )


PAPERS = {"invoice-extractor": (invoice, shipment), "mail-intake": (mail,), "report-reader": (report, shipment)}
