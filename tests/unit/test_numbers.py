"""Numbers and dates: one value in any form, and what an answer's figures may follow from."""

import pytest

from assay.checks.numbers import unsupported_numbers
from assay.checks.quantities import conflicts, quantities, same


def unsupported(answer: str, *contexts: str, question: str = "") -> list[str]:
    return [one.text for one in unsupported_numbers(answer, contexts, question)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,200", "1200"), ("1.2k", "1,200"), ("1.200", "1200"), ("$3 million", "$3,000,000"), ("3bn", "3 billion"), ("5M", "5,000,000"),
        ("2 weeks", "14 days"), ("90 minutes", "an hour and a half"), ("half an hour", "30 min"), ("1 year", "12 months"), ("500ms", "0.5 seconds"),
        ("twenty-five percent", "25%"), ("25 per cent", "25 %"), ("€45", "45 euros"), ("1.5 GB", "1500 MB"), ("2 km", "2,000 metres"), ("7th", "7"),
        ("5 March 2026", "2026-03-05"), ("March 5th, 2026", "05/03/2026"), ("June 7, 2010", "june 7 , 2010"), ("5. März 2026", "2026-03-05"),
        ("5 pm", "17:00"), ("17 Uhr", "5 pm"), ("half past one", "13:30"), ("a quarter to six", "5:45"), ("ten in the evening", "22:00"), ("noon", "12:00"), ("8", "8:00"),
        ("three pounds fifty", "£3.50"), ("20p", "£0.20"), ("0.6 MHz", "600 kHz"), ("three quarters of an hour", "45 minutes"), ("560 US dollars", "$560"), ("9:30 a.m.", "09:30"), ("1960s", "1960's"), ("v2.3.1", "2.3.1"), ("two dozen", "24"),
    ],
)  # fmt: skip
def test_forms_of_one_value(one: str, other: str) -> None:
    assert same(quantities(one)[0], quantities(other)[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 days", "45 days"), ("15 minutes", "15 hours"), ("$50", "50 EUR"), ("5%", "6%"), ("5 March 2026", "5 April 2026"),
        ("2.3.1", "2.3.2"), ("5 pm", "5 am"), ("30 kg", "30 cm"),
    ],
)  # fmt: skip
def test_values_that_differ(one: str, other: str) -> None:
    assert not same(quantities(one)[0], quantities(other)[0])


def test_only_values_of_one_kind_conflict() -> None:
    assert conflicts(quantities("30 days")[0], quantities("45 days")[0])
    assert not conflicts(quantities("30 days")[0], quantities("45 euros")[0])
    assert not conflicts(quantities("30")[0], quantities("45")[0])


def test_a_range_shares_its_unit() -> None:
    assert [one.kind for one in quantities("5 to 7 working days, 14-20% off")] == ["time", "time", "percent", "percent"]


@pytest.mark.parametrize("text", ["DW40", "ISO-27001", "E22 means", "gpt-4o", "TIDE_KEY_2"])
def test_digits_in_a_name_are_no_number(text: str) -> None:
    assert quantities(text) == ()


def test_a_figure_that_the_context_does_not_have() -> None:
    assert unsupported("You can return it within 45 days.", "Items can be returned within 30 days.") == ["45 days"]


def test_nothing_supports_a_day_that_no_month_has() -> None:
    contexts = ["Take them by 31 March, 7 weeks before it ends."]
    assert [one.text for one in unsupported_numbers("Take them by 49 March.", contexts)] == ["49 March."]
    assert unsupported_numbers("Take them by 49 March.", ["Take them by 49 March."]) == ()


def test_the_same_figure_in_another_form() -> None:
    assert (
        unsupported("It takes 1.5 hours and costs 1200 euros.", "A cycle takes 90 minutes.", "The price is €1,200.")
        == []
    )


@pytest.mark.parametrize(
    ("answer", "context"),
    [
        ("About 1.2 million people live there.", "The city has 1,213,455 inhabitants."),
        ("That saves 20 euros.", "A bag costs 45 euros online and 65 euros at the airport."),
        ("You need at least 20 percent of your own.", "We finance up to 80 percent of the price."),
        ("It is 60 euros each way, so 120 euros for a return trip.", "Pets travel for 60 euros each way."),
        ("There are two options.", "Pay online or in the shop."),
        ("It happened on 5 March 2026.", "In 2026 the fair opens on 5 March."),
        ("You may send 10 requests in 1 minute.", "The limit is 10 requests per minute."),
        ("Keep it for seven days.", "Keep it until a week after the operation."),
        ("She gets 50 % off.", "Holders of a pass pay half."),
        ("A guarantee of 1.5 × the value is needed.", "A guarantee of 150 percent is needed."),
        ("Printing ends at 17:10.", "It closes at 17:30. Printing stops twenty minutes before closing time."),
        ("The last admission is at 17:00.", "It closes at 18:00. The last admission is an hour before closing."),
    ],
)
def test_figures_that_follow_from_the_context(answer: str, context: str) -> None:
    assert unsupported(answer, context) == []


@pytest.mark.parametrize(
    ("question", "answer", "context"),
    [
        ("What do 12 days late cost for two books?", "You owe £4.80.", "Late books cost 20p a day."),
        ("What is it in total with the exam and the licence?", "In all 185 crowns.", "The exam is 85 crowns. A licence costs 60 crowns, a wish 40 crowns."),
        ("What comes back of my 84 euros?", "Half of it, so 42 euros.", "Later than that half of it is kept."),
        ("My bike cost 4,000 euros, what do I pay?", "18 % of it makes 720 euros.", "You pay 18 percent of the price."),
        ("I lost a key, and there are 120 dollars of repairs. What comes back?", "You get $255 back.", "The deposit is 450 dollars. A key costs 75 dollars."),
        ("I am here since 4 months. May I lease?", "You may in two months.", "You may lease after 6 months."),
        ("I deliver on Monday at 18:00. Is that early enough?", "No, you would be two hours late.", "Cut-off is Monday at 16:00."),
        ("We are 2 adults and a teenager, what is the total?", "You pay $59.", "Adults pay $24, teenagers $11."),
    ],
)  # fmt: skip
def test_figures_that_are_reckoned_from_the_context(question: str, answer: str, context: str) -> None:
    assert unsupported(answer, context, question=question) == []


@pytest.mark.parametrize(
    ("question", "answer", "context"),
    [
        ("What do 12 days late cost for two books?", "You owe £5.20.", "Late books cost 20p a day."),
        ("What is the price for students?", "Students pay 48 euros.", "A ticket costs 24 euros. Students pay 12 euros."),
        ("When does printing end?", "Printing ends at 17:20.", "It closes at 17:30. Printing stops twenty minutes before closing time."),
        ("How long may I stay?", "You may stay for five nights.", "You may stay for three nights, and two in winter."),
    ],
)  # fmt: skip
def test_figures_that_no_arithmetic_gives(question: str, answer: str, context: str) -> None:
    assert unsupported(answer, context, question=question) != []


def test_arithmetic_is_no_excuse_for_a_figure_that_is_not_said_to_be_one() -> None:
    context = "A bag costs 45 euros online and 65 euros at the airport."
    assert unsupported("The fee is 110 euros.", context) == ["110 euros"]


def test_figures_of_the_question_need_no_support() -> None:
    context = "A ticket costs 20 euros."
    assert unsupported("For 3 people that is 60 euros.", context, question="What do 3 tickets cost?") == []
    assert unsupported("For 3 people that is 60 euros.", context, question="What do tickets cost?") != []


def test_list_numbers_citations_code_and_addresses_are_no_claims() -> None:
    answer = "1. Open the door [7].\n2. Run `sleep 99`.\n```\nx = 1234\n```\nSee https://example.com/2024/11."
    assert unsupported(answer, "Open the door. Run the command.") == []


def test_a_figure_inside_a_longer_one_is_no_support() -> None:
    assert unsupported("It takes 30 days.", "It takes 130 days.") == ["30 days"]


def test_numbers_of_lists_and_rules_support_nothing() -> None:
    rules = "House rules:\n11. Avoid exclamation marks.\n12. Do not guess names.\n13. Be brief."
    assert [one.text for one in unsupported_numbers("Clean it every 12 weeks.", [rules])] == ["12 weeks"]
    assert unsupported_numbers("Clean it every 12 weeks.", ["12 weeks is usual."]) == ()
    assert (
        unsupported_numbers("It was in 12 rooms.", ["Rooms: \n12. June 2020 was warm."]) == ()
    )  # one line counts nothing


def test_what_follows_from_a_figure_beside_it() -> None:
    context = "Recovery goes back 72 hours."
    assert unsupported_numbers("Recovery goes back 72 hours, so two days ago is possible.", [context]) == ()
    assert [one.text for one in unsupported_numbers("Recovery goes back two days.", [context])] == ["two days"]


@pytest.mark.parametrize(
    ("answer", "context", "question"),
    [
        ("You get 60 euros, which is 200 times 30 cents.", "A car is reimbursed with 30 cents per kilometre.", "I drove 200 km. What do I get?"),
        ("It is 0.30 euros a kilometre.", "A car is reimbursed with 30 cents per kilometre.", ""),
        ("18,000 points in Economy, namely 9,000 for each direction.", "A one-way flight costs 9,000 points.", "How many points to Rome and back?"),
        ("You earn 1000 points, because each euro brings 5 points.", "Members earn five points for each euro spent.", "What does a fare of 200 euros earn?"),
        ("A pack of 4 is 18 euros, which makes 4.50 euros each.", "A pack of four costs 18 euros.", "What does one filter cost?"),
        ("$59: two adults at $24 plus $11 for the teenager.", "It costs $24 per adult. Guests between 12 and 20 come along for $11.", "2 grown-ups + one teenager?"),
        ("9 × 5,20 € = 46,80 €.", "Erwachsene zahlen 5,20 Euro. Eine Zehnerkarte kostet das Neunfache.", "Was kostet eine Zehnerkarte?"),
        ("Dafür haben Sie 12 Monate Zeit.", "Einwände sind bis zu zwölf Monate nach Erhalt möglich.", ""),
        ("El alta tarda 5 días.", "El alta tarda hasta cinco días laborables.", ""),
        ("It takes up to five working days.", "El alta tarda hasta cinco días laborables.", ""),
        ("Students pay €39 a month for Flex.", "Flex costs 44 euros a month. Students get 5 euros off.", "How much is Flex for a student?"),
        ("Keys may have up to 64 characters. You would need to shorten yours by at least 16.", "Keys may be up to 64 characters long.", "My keys are 80 characters long."),
        ("The sandbox is limited to five requests per second, which makes 300 per minute.", "The sandbox is limited to 5 requests per second.", ""),
        ("We cover three quarters (75 percent) of your ticket.", "We pay 75 percent of the ticket.", ""),
    ],
)  # fmt: skip
def test_reckoned_in_the_ways_of_people(answer: str, context: str, question: str):
    assert unsupported(answer, context, question=question) == []


def test_what_does_not_follow_is_still_found():
    assert unsupported(
        "You get 70 euros, which is 200 times 30 cents.", "30 cents per kilometre.", question="200 km?"
    ) == ["70 euros"]
    assert unsupported("$61: two adults at $24 plus $11.", "It costs $24 per adult and $11 for guests under 20.") == [
        "$61"
    ]
    assert unsupported("It is 40 cents.", "A car is reimbursed with 30 cents per kilometre.") == ["40 cents"]
    assert unsupported("A pack of 4 is 18 euros, which makes 5.20 euros each.", "A pack of four costs 18 euros.") == [
        "5.20 euros"
    ]
    assert unsupported("We cover three quarters of your ticket.", "We pay 65 percent of the ticket.") == [
        "three quarters"
    ]
