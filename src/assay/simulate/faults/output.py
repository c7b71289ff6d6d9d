"""Structure, length or language is wrong."""

import json
from typing import Any

from assay.simulate.chat import ChatTurn, topics
from assay.simulate.extraction import ExtractionTurn
from assay.simulate.rag import RagTurn, neighbours, ranked
from assay.simulate.trace import Error
from assay.simulate.turn import Turn


def _cannot_parse(turn: ExtractionTurn, message: str, kind: str = "json.decoder.JSONDecodeError") -> None:
    turn.parse_error = Error(kind, message) if turn.dice.happens(0.7) else None
    turn.outcome = "failure"


def _value(turn: ExtractionTurn) -> dict[str, Any]:
    return json.loads(turn.reply.text)  # type: ignore[no-any-return]


def prose_around(turn: ExtractionTurn) -> None:
    """The JSON stands in a sentence, or in a fence with words around it."""
    turn.reply.text = turn.dice.chosen(
        (
            f"Here is the JSON you asked for:\n\n{turn.reply.text}",
            f"Sure!\n```json\n{turn.reply.text}\n```\nLet me know if you need more.",
            f"{turn.reply.text}\n\nNote: some fields may be inexact.",
        )
    )
    _cannot_parse(turn, "Expecting value: line 1 column 1 (char 0)")


def python_literal(turn: ExtractionTurn) -> None:
    """A Python literal instead of JSON."""
    turn.reply.text = str(_value(turn))
    _cannot_parse(turn, "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)")


def trailing_comma(turn: ExtractionTurn) -> None:
    """A comma too many, or a comment."""
    text = turn.reply.text
    turn.reply.text = turn.dice.chosen(
        (text[:-1] + ",}", text[:-1] + "  // checked\n}", text.replace(": ", " = ", 1), text.replace('"', "", 2))
    )
    _cannot_parse(turn, "Expecting property name enclosed in double quotes: line 1 column 90 (char 89)")


def brace_missing(turn: ExtractionTurn) -> None:
    """The last brace is missing although the model thinks it has finished."""
    turn.reply.text = turn.reply.text.rstrip()[: -turn.dice.between(1, 3)]
    _cannot_parse(turn, "Expecting ',' delimiter: line 1 column 120 (char 119)")


def table_instead(turn: ExtractionTurn) -> None:
    """A list in words instead of JSON."""
    lines = (f"{key}: {value}" for key, value in _value(turn).items())
    turn.reply.text = turn.dice.chosen(
        (
            "\n".join(lines),
            "\n".join(f"- **{key}**: {value}" for key, value in _value(turn).items()),
            "<result>" + "".join(f"<{key}>{value}</{key}>" for key, value in _value(turn).items()) + "</result>",
        )
    )
    _cannot_parse(turn, "Expecting value: line 1 column 1 (char 0)")


def _violates(turn: ExtractionTurn, value: Any) -> None:
    turn.reply.text = json.dumps(value, ensure_ascii=False)
    turn.parse_error = (
        Error("pydantic.ValidationError", "1 validation error for Answer") if turn.dice.happens(0.5) else None
    )
    turn.outcome = turn.dice.chosen(("failure", "success"))


def field_missing(turn: ExtractionTurn) -> None:
    """A required field is missing."""
    value = _value(turn)
    del value[turn.dice.chosen(list(value))]
    _violates(turn, value)


def wrong_type(turn: ExtractionTurn) -> None:
    """A field has another type."""
    value = _value(turn)
    name = turn.dice.chosen(list(value))
    value[name] = (
        turn.dice.chosen(("n/a", f"{value[name]}"))
        if not isinstance(value[name], str)
        else turn.dice.chosen(([value[name]], {"text": value[name]}, None))
    )
    _violates(turn, value)


def field_too_many(turn: ExtractionTurn) -> None:
    """A field too many, or a field under another name."""
    value = _value(turn)
    if turn.dice.happens(0.5):
        value[turn.dice.chosen(("confidence", "notes", "explanation"))] = "high"
    else:
        name = turn.dice.chosen(list(value))
        value[name.title().replace("_", "")] = value.pop(name)
    _violates(turn, value)


def wrapped(turn: ExtractionTurn) -> None:
    """The object stands inside another one, or in a list."""
    value = _value(turn)
    _violates(turn, turn.dice.chosen(({"result": value}, [value], {"data": value, "status": "ok"})))


def empty(turn: Turn) -> None:
    """No text at all."""
    turn.reply.text = ""
    _empty(turn)


def blank(turn: Turn) -> None:
    """White space only."""
    turn.reply.text = turn.dice.chosen((" ", "\n", "\n\n  \n", "\t"))
    _empty(turn)


def _empty(turn: Turn) -> None:
    turn.outcome = "failure"
    turn.reply.output_tokens = turn.dice.between(1, 3)
    if isinstance(turn, ExtractionTurn):
        turn.also("output_format.invalid_json")
        _cannot_parse(turn, "Expecting value: line 1 column 1 (char 0)")


def cut(turn: Turn) -> None:
    """The token limit cuts the answer."""
    _cut(turn, turn.dice.within(0.3, 0.8))


def cut_early(turn: Turn) -> None:
    """A limit that was meant for something else cuts the answer after a few words."""
    _cut(turn, turn.dice.within(0.08, 0.25))


def _cut(turn: Turn, share: float) -> None:
    text = turn.reply.text
    turn.reply.text = text[: max(8, int(len(text) * share))].rstrip()
    turn.reply.finish = "length"
    turn.reply.output_tokens = turn.reply.max_tokens = max(16, len(turn.reply.text) // 4)
    if isinstance(turn, ExtractionTurn):
        turn.also("output_format.invalid_json")
        _cannot_parse(turn, "Unterminated string starting at: line 1 column 66 (char 65)")


def _short(turn: Turn) -> None:
    """Keep the beginning of a long answer, so that repeating it does not take minutes."""
    if len(turn.reply.text) > 500:
        turn.reply.text = turn.reply.text[:500].rpartition(" ")[0]


def same_sentence(turn: Turn) -> None:
    """The last sentence comes again and again."""
    _short(turn)
    sentences = [one for one in turn.reply.text.replace("\n", " ").split(". ") if len(one) > 12] or [turn.reply.text]
    turn.reply.text = f"{turn.reply.text} " + " ".join([sentences[-1].rstrip(".") + "."] * turn.dice.between(7, 15))


def same_words(turn: Turn) -> None:
    """The model gets stuck in a few words."""
    _short(turn)
    words = turn.reply.text.split()
    turn.reply.text = (
        " ".join(words[: max(3, len(words) // 2)])
        + " "
        + " ".join([" ".join(words[1 : turn.dice.between(3, 5)])] * turn.dice.between(20, 40))
    )


def same_paragraph(turn: Turn) -> None:
    """The whole answer comes several times."""
    _short(turn)
    turn.reply.text = "\n\n".join([turn.reply.text] * turn.dice.between(5, 8))


def same_line(turn: Turn) -> None:
    """A list whose items are the same, until the token limit ends it."""
    line = turn.dice.chosen(
        (
            "- Please contact support for more information.",
            "- See the documentation.",
            "1. Check the settings again and repeat.",
        )
    )
    turn.reply.text = f"{turn.reply.text}\n" + "\n".join([line] * turn.dice.between(15, 30))
    turn.reply.finish = "length"
    turn.reply.max_tokens = turn.reply.output_tokens = len(turn.reply.text) // 4
    turn.also("output_format.truncated")


FOREIGN = (
    ("How do I reset my password?", "Um Ihr Passwort zurückzusetzen, klicken Sie auf der Anmeldeseite auf „Passwort vergessen“ und folgen Sie den Anweisungen in der E-Mail."),
    ("What should I cook tonight?", "Je vous propose une soupe de légumes avec du pain grillé : c'est rapide, sain et très bon quand il fait froid."),
    ("Can you explain what inflation is?", "La inflación es el aumento general de los precios durante un periodo de tiempo, de modo que con el mismo dinero se pueden comprar menos cosas."),
    ("Wie funktioniert eine Wärmepumpe?", "A heat pump moves heat from the air or the ground into the house. It works like a refrigerator that runs in the other direction."),
    ("Comment apprendre l'anglais rapidement ?", "The best way is to practise a little every day, to listen to the language as often as you can, and to speak without fear of mistakes."),
    ("Please help me write a thank-you note for my teacher.", "Liebe Frau Berger, vielen Dank für Ihre Geduld und Ihre Unterstützung in diesem Jahr. Ich habe sehr viel bei Ihnen gelernt."),
    ("What are the benefits of walking every day?", "每天步行可以改善心血管健康，减轻压力，并帮助您保持健康的体重。建议每天至少步行三十分钟。"),
    ("Why do leaves change colour in autumn?", "Осенью дни становятся короче, и деревья перестают вырабатывать хлорофилл. Зелёный цвет исчезает, и становятся видны жёлтые и красные пигменты."),
    ("Was sollte ich beim Kauf eines Fahrrads beachten?", "You should look at the size of the frame, the quality of the brakes, and whether the bicycle fits the roads that you use most."),
    ("How can I sleep better?", "Probeer elke avond op hetzelfde tijdstip naar bed te gaan, leg je telefoon weg en zorg dat je slaapkamer koel en donker is."),
)  # fmt: skip
FOREIGN_PAGES = {
    "kb-101": ("Sie können ungetragene Artikel innerhalb von 30 Tagen nach der Lieferung zurückgeben und erhalten den vollen Betrag zurück.", "Les articles non portés peuvent être retournés dans les 30 jours suivant la livraison pour un remboursement complet."),
    "kb-151": ("In einer Bestellung können bis zu 5 Geschenkkarten kombiniert werden; das Restguthaben bleibt auf der Karte.",),
    "hb-2.1": ("Vollzeitbeschäftigte erhalten 27 Tage Jahresurlaub, zusätzlich zu den gesetzlichen Feiertagen.", "Les employés à temps plein ont droit à 27 jours de congés par an, en plus des jours fériés."),
    "hb-3.7": ("Los empleados pueden trabajar desde casa hasta 3 días por semana después del periodo de prueba.",),
    "fl-baggage": ("In der Economy Class ist ein Gepäckstück mit 23 Kilogramm enthalten, in der Business Class sind es zwei mit je 32 Kilogramm.",),
    "docs/limits/api": ("Jedes Projekt darf 600 Anfragen pro Minute an die Steuerungsschnittstelle senden und 6.000 an die Datenschnittstelle.",),
    "sw-abschlag": ("You can change the monthly payment in the customer portal until the 20th of the month, and it applies from the following month.",),
    "sw-umzug": ("Please report the move at least 14 days before you move in, with the meter number, the meter reading and the date of the handover.",),
    "mv-pret": ("Books are lent for 4 weeks and films for 2 weeks, and a loan can be extended 2 times.",),
    "mv-salles": ("The 6 study rooms can be booked online for 3 hours at most.",),
}  # fmt: skip
"""What a page says, in another language than the person who asks."""


def foreign_chat(turn: ChatTurn) -> None:
    """The answer comes in another language."""
    turn.question, turn.reply.text = turn.dice.chosen(FOREIGN)


def foreign_page(turn: RagTurn) -> None:
    """The document is answered from, in another language."""
    pages = [page for page in turn.domain.documents if page.id in FOREIGN_PAGES]
    if not pages:
        return
    page = turn.dice.chosen(pages)
    turn.page, turn.fact = page, page.facts[0]
    turn.question, turn.query, turn.topic = turn.dice.chosen(page.facts[0].ask), page.facts[0].query, page.title
    found = ranked(turn, [page.document(), *neighbours(turn, turn.service.top_k - 1)])
    turn.searches[0].documents, turn.kept = found, found[: turn.service.keeps]
    turn.searches[0].query = turn.query if turn.service.rewrites else turn.question
    turn.reply.text = turn.dice.chosen(FOREIGN_PAGES[page.id])


BOUNDS = {"outfitters-help": (12, 900), "companion": (2, 2600), "order-agent": (12, 700)}
"""Fewest and most characters that the owners of these services allow in an answer."""


def too_short(turn: Turn) -> None:
    """An answer that is no help."""
    turn.reply.text = turn.dice.chosen(("Yes.", "No.", "See above.", "OK", "Done."))


def too_long(turn: Turn) -> None:
    """An answer that does not come to an end."""
    if isinstance(turn, RagTurn):
        pages = {one.id for one in turn.kept}
        says = [say for page in turn.domain.documents if page.id in pages for fact in page.facts for say in fact.say]
        text = " ".join(one.text for one in turn.kept) + " " + " ".join(turn.dice.shuffled(says))
        turn.reply.text = text if len(text) > BOUNDS["outfitters-help"][1] else f"{text} {text}"
        return
    longest = sorted((say for topic in topics() for say in topic.say), key=len, reverse=True)
    turn.reply.text = "\n\n".join([turn.reply.text, *turn.dice.shuffled(longest[:3])])


def too_long_steps(turn: Turn) -> None:
    """Advice without end, in numbered steps that all differ."""
    verbs = ("Check", "Write down", "Compare", "Note", "Prepare", "Review", "Update", "Confirm", "Collect", "Sort")
    things = (
        "the order number",
        "the delivery note",
        "the packaging",
        "your account",
        "the colour",
        "the size chart",
        "the label",
        "the invoice",
        "the dates",
        "the tracking page",
    )
    lines = [f"{number}. {verb} {thing} and keep it at hand for the next conversation with us." for number, (verb, thing) in
             enumerate(turn.dice.shuffled([(verb, thing) for verb in verbs for thing in things])[:60], 1)]  # fmt: skip
    turn.reply.text = "\n".join([turn.reply.text, *lines])


INVALID_JSON = (prose_around, python_literal, trailing_comma, brace_missing, table_instead)
SCHEMA = (field_missing, wrong_type, field_too_many, wrapped)
