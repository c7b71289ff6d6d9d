"""Which figures of an answer can have been made of what tools returned."""

import pytest

from assay.checks.quantities import quantities
from assay.checks.steps import leaves
from assay.checks.tool_figures import made_of

LOG = '{"bays": [{"bay": 1, "litres": 410}, {"bay": 2, "litres": 385}, {"bay": 3, "litres": 290}]}'


def made(figure: str, answer: str, question: str, *sent: str) -> bool:
    one = next(one for one in quantities(answer) if one.text == figure)
    return made_of(one, answer, question, [leaves(text) for text in sent], sent)


# fmt: off
@pytest.mark.parametrize(
    ("figure", "answer", "question", "sent"),
    [
        ("1,085 litres", "1,085 litres in all.", "How much water?", LOG),
        ("4", "There are 4 on days.", "Who works?", '{"day": ["Moss", "Ferri", "Haddad", "Ito"], "night": ["Quinn"]}'),
        ("6.5 days", "6.5 days are free.", "My holidays?", '{"entitlement": 28, "taken": 17.5, "planned": 4}'),
        ("80 %", "33 of 41, about 80 %.", "How many?", '{"screened": 41, "randomised": 33}'),
        ("1.1 %", "1.1 % errors.", "Healthy?", '{"error_rate": 0.011, "rps": 95}'),
        ("81 °F", "About 81 °F.", "How warm?", '{"value": 27.4, "unit": "C"}'),
        ("€50.60", "$55, about €50.60.", "The fee?", '{"fee_usd": 55, "rate": 0.92}'),
        ("5", "Seats 4 and 5 are free.", "Two seats?", '{"free": ["row 9: 4,5"]}'),
        ("7", "From 7 to 9 pm.", "Which slots?", '{"from": "19:00", "to": "21:00"}'),
        (
            "€120.00",
            "You spent €120.00.",
            "What did I spend?",
            '[{"amount": -62.4}, {"amount": -17.6}, {"amount": -40.0}]',
        ),
        ("€78.00", "€78.00 on groceries.", "On groceries?", '[{"cat": "food", "amt": -42.1}, {"cat": "bus", "amt": -5.2}, {"cat": "food", "amt": -27.35}, {"cat": "food", "amt": -8.55}]'),
        ("60.00", "North has 60.00 a basket.", "Per region?", "region | orders | revenue\nNorth | 420 | 25200.00\nWest | 150 | 8250.00"),
        ("58.68", "Overall 58.68 a basket.", "Overall?", "region | orders | revenue\nNorth | 420 | 25200.00\nWest | 150 | 8250.00"),
        ("4,300", "Ink: 4,300 less.", "Which lost?", "product,rev_2025,rev_2026\nDesk lamp,48000,31000\nInk,17200,12900"),
        ("25 %", "Ink lost 25 %.", "Which lost?", "product,rev_2025,rev_2026\nDesk lamp,48000,31000\nInk,17200,12900"),
        ("21,300", "21,300 less in all.", "In all?", "product,rev_2025,rev_2026\nDesk lamp,48000,31000\nInk,17200,12900"),
        ("20 %", "Churn fell by 20 %.", "How did churn change?", '[{"q": "Q2", "start": 4000, "lost": 200}, {"q": "Q3", "start": 4100, "lost": 164}]'),
        ("three day", "It has three day passes.", "Why so much?", '{"text": "Day pass (3x)", "amount": 14.8}'),
        ("15 minutes", "Fine over the past 15 minutes.", "Healthy?", '{"window": "15m"}'),
        ("362 litres", "About 362 litres a bay.", "On average?", LOG),
        ("27 %", "Bay 3 has 27 % of all.", "Its share?", LOG),
        ("6 %", "Bay 2 has 6 % less than bay 1.", "How do they compare?", LOG),
        ("€70", "€70 are open.", "What is open?", '[{"paid": false, "eur": 40}, {"paid": true, "eur": 25}, {"paid": false, "eur": 30}]'),
        ("0622", "High water 0622.", "When is high water?", '{"high": "06:22"}'),
        ("15.07", "It is due at about 15.07.", "When does it come?", '{"planned": "14:45", "delay_minutes": 22}'),
        ("0", "4 won, 0 lost.", "How did she play?", '{"won": 4}'),
        ("1,830 litres", "1,830 litres in all.", "How much?", "[" + ",".join(f'{{"litres": {n}}}' for n in range(1, 61)) + "]"),
        ("€24k", "North leads, roughly €24k ahead.", "Which?", '[{"r": "North", "eur": 412300.5}, {"r": "West", "eur": 388120.0}]'),
        ("8 pm", "8 pm is taken.", "A table at 8?", '{"free": ["18:00", "21:15"]}'),
    ],
)
def test_made_of_what_was_sent(figure: str, answer: str, question: str, sent: str) -> None:
    assert made(figure, answer, question, sent)


@pytest.mark.parametrize(
    ("figure", "answer", "question", "sent"),
    [
        ("1,100 litres", "1,100 litres in all.", "How much water?", LOG),
        ("6", "There are 6 on days.", "Who works?", '{"day": ["Moss", "Ferri", "Haddad", "Ito"], "night": ["Quinn"]}'),
        ("9.5 days", "9.5 days are free.", "My holidays?", '{"entitlement": 28, "taken": 17.5, "planned": 4}'),
        ("90 %", "33 of 41, about 90 %.", "How many?", '{"screened": 41, "randomised": 33}'),
        ("75 °F", "About 75 °F.", "How warm?", '{"value": 27.4, "unit": "C"}'),
        ("three days", "It takes three days.", "How long?", '{"text": "delivery (2x)"}'),
        ("7 pm", "7 pm is free.", "A table at 8?", '{"free": ["18:00", "21:15"]}'),
        ("€27k", "North leads, roughly €27k ahead.", "Which?", '[{"r": "North", "eur": 412300.5}, {"r": "West", "eur": 388120.0}]'),
        ("380 litres", "About 380 litres a bay.", "On average?", LOG),
        ("31 %", "Bay 3 has 31 % of all.", "Its share?", LOG),
        ("€90", "€90 are open.", "What is open?", '[{"paid": false, "eur": 40}, {"paid": true, "eur": 25}, {"paid": false, "eur": 30}]'),
        ("0722", "High water 0722.", "When is high water?", '{"high": "06:22"}'),
        ("15.17", "It is due at about 15.17.", "When does it come?", '{"planned": "14:45", "delay_minutes": 22}'),
        ("€61.20", "$55, about €61.20.", "The fee?", '{"fee_usd": 55, "rate": 0.92}'),
    ],
)
def test_made_up(figure: str, answer: str, question: str, sent: str) -> None:
    assert not made(figure, answer, question, sent)


def test_a_text_that_is_no_record_is_only_read() -> None:
    assert not made("3", "There are 3 of them.", "How many?", "[not json")
