"""Contradictions: nearly the same words with a figure, a denial or an opposite apart; silent otherwise."""

import pytest

from assay.checks.contradiction import contradiction_between, contradicts

FARES = (
    "Flex tickets can be changed free of charge until 2 hours before departure. Classic tickets can be changed for 50 euros. "
    "Light tickets cannot be changed. The counter closes 45 minutes before departure. Boarding ends 15 minutes before departure."
)


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Classic tickets cannot be changed.", "denial"),
        ("Light tickets can be changed.", "denial"),
        ("The counter closes 20 minutes before departure.", "number"),
        ("The counter closes 15 minutes before departure.", "number"),  # a figure of the context, of something else
        ("The counter opens 45 minutes before departure.", "opposite"),
    ],
)
def test_the_opposite_of_the_context(sentence: str, kind: str) -> None:
    found = contradicts(sentence, FARES)
    assert found is not None
    assert found.kind == kind
    assert FARES[found.other_start : found.other_end].strip() in FARES


@pytest.mark.parametrize(
    "sentence",
    [
        "Classic tickets can be changed for 50 euros.",
        "Light tickets cannot be changed.",
        "No, light tickets can't be changed.",
        "Flex tickets can be changed at no cost.",
        "The counter closes 45 minutes before departure; boarding ends 15 minutes before.",
        "Flex tickets cannot be changed after the departure.",  # a condition explains it
        "Dogs are welcome on board.",
        "Yes.",
    ],
)
def test_what_agrees_or_is_about_something_else(sentence: str) -> None:
    assert contradicts(sentence, FARES) is None


@pytest.mark.parametrize(
    ("sentence", "context"),
    [
        (
            "Black and white has no limit.",
            "Colour printing is limited to 200 pages a month; black and white is unlimited.",
        ),
        (
            "Above 150 euros of equipment you pay nothing for carriage.",
            "Orders above 150 euros of equipment are carried free.",
        ),
        (
            "Receipts under $20 aren't sent automatically.",
            "Donation receipts are sent within 3 days. Below $20 a receipt is on request.",
        ),
        (
            "One big one in the night, plus a small one every hour between 8 and 18.",
            "A full backup runs at 2 at night, a small one each hour from 8 to 18.",
        ),
    ],
)
def test_what_says_the_same_in_a_denial_or_of_another_case(sentence: str, context: str) -> None:
    assert contradicts(sentence, context) is None


DENIED = (
    ("Calls from a ship are included.", "Calls from a ship or a plane are never included; they cost 3.20 euros a minute."),
    ("Yes, we do deliver on Sundays and public holidays.", "We do not deliver on Sundays and public holidays."),
    ("Jewellery is insured.", "Cash, jewellery and tickets are never insured."),
    ("Do not replace the sensor when the light stays on.", "If the light stays on, replace the sensor."),
    ("No, a loan unit is not sent, not even on request.", "A repair takes ten working days, and a loan unit is sent on request."),
    ("A medical certificate is not required from the 28th week on.", "From the 28th week on a medical certificate is required that is not older than seven days."),
    ("Groups of ten or more are not accepted, and they do not receive a common fare.", "Groups of ten or more receive a common fare."),
    ("A second helping of rice has to be paid for.", "A second helping of rice is free."),
)  # fmt: skip
NOT_DENIED = (
    ("The trial lasts 21 days.", "A trial lasts 21 days and needs no payment details."),
    ("Report a bag at the baggage desk.", "A bag that does not arrive should be reported at the baggage desk."),
    ("A certificate not older than 7 days is required from week 28.", "From week 28 on a certificate is required that is not older than seven days."),
    ("Power banks belong in the cabin.", "Power banks belong in the cabin and never in the hold."),
    ("Unfortunately not, working from countries outside the EU isn't possible.", "Work from another EU country is possible for up to 20 days per year. It must be approved by HR. Outside the EU it is not possible."),
    ("A refund is possible as long as the pass has not been used.", "Refunds are possible until the pass has been used."),
    ("The event `message.read` is not on by default.", "The events message.delivered and message.failed are on by default."),
    ("Le conviene el plan Pro: incluye 5 GB al mes.", "El plan Básico incluye 500 MB al mes por 3 euros. El plan Pro incluye 5 GB."),
    ("There are rolls at the long break, and water is free.", "At the long break rolls are sold from 0.90 euros."),
    ("Children below 12 cannot join.", "Children below 12 cannot enter the bottling hall and therefore cannot join."),
)  # fmt: skip


@pytest.mark.parametrize(("sentence", "context"), DENIED)
def test_what_a_denial_is_of(sentence: str, context: str) -> None:
    assert contradicts(sentence, context) is not None


@pytest.mark.parametrize(("sentence", "context"), NOT_DENIED)
def test_what_a_denial_is_not_of(sentence: str, context: str) -> None:
    assert contradicts(sentence, context) is None


def test_forbidden_is_what_is_not_allowed() -> None:
    context = "Cheerleaders are forbidden from eating in the same restaurant as the players."
    assert contradicts("They are not allowed to eat in the same restaurant as the players.", context) is None
    assert contradicts("Cheerleaders are eating in the same restaurant as the players.", context) is not None


def test_two_versions_of_one_chunk() -> None:
    old = "Unworn items can be returned within 30 days of delivery for a full refund."
    new = "Unworn items can be returned within 14 days of delivery for a full refund."
    found = contradiction_between(old, new)
    assert found is not None
    assert (found.kind, found.ours, found.theirs) == ("number", "30 days", "14 days")
    assert contradiction_between(old, old) is None


def test_units_may_differ_too() -> None:
    assert contradiction_between("Gift cards are valid for 3 years.", "Gift cards are valid for 18 months.") is not None
    assert contradiction_between("Gift cards are valid for 3 years.", "Gift cards are valid for 36 months.") is None


@pytest.mark.parametrize(
    ("chunk", "other"),
    [
        ("The DW40 has to be cleaned every 4 weeks.", "The DW60 has to be cleaned every 8 weeks."),
        ("Plan A costs 10 euros a month for each user.", "Plan B costs 20 euros a month for each user."),
        ("Economy includes one bag of 23 kilograms.", "Business includes two bags of 32 kilograms."),
        ("Returns are free within 30 days.", "Our office opens at 9:00."),
    ],
)
def test_chunks_about_different_things(chunk: str, other: str) -> None:
    assert contradiction_between(chunk, other) is None


LIMITS = (
    "Objects can be up to 5 TB. The lounge is open from 05:30 to 21:00. Claims are answered within 14 days. Gift cards are valid for 3 years. "
    "An extra bag costs 45 euros online. Plans can be paused for 12 months. Clean the filter every 4 weeks. If E22 appears, clean the filter and check the hose."
)


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Objects have no maximum size.", "opposite"),
        ("The lounge is open day and night.", "opposite"),
        ("Claims are answered on the same day.", "opposite"),
        ("Extra bags are free of charge.", "opposite"),
        ("Gift cards never expire.", "denial"),
        ("A plan can never be paused.", "denial"),
        ("Clean the filter every 7 weeks.", "number"),  # that another clause says nothing of weeks is no support
    ],
)
def test_what_knows_no_exception_stands_against_what_has_one(sentence: str, kind: str) -> None:
    found = contradicts(sentence, LIMITS)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "sentence",
    [
        "Objects can be up to 5 TB, no more.",
        "The lounge is open in the morning.",
        "Claims can be sent at any time.",
        "No extra bag costs more than 45 euros online.",
        "Gift cards cannot be paused.",  # something else is denied
        "Clean the filter every 4 weeks.",
    ],
)
def test_what_is_no_exception(sentence: str) -> None:
    assert contradicts(sentence, LIMITS) is None


def test_a_reply_without_a_comma_is_a_denial() -> None:
    context = "Notice must be given 7 weeks before the leave begins."
    assert contradicts("No notice must be given for the leave.", context) is not None
    assert contradicts("No, notice must be given 7 weeks before the leave begins.", context) is None


@pytest.mark.parametrize(
    ("sentence", "context"),
    [
        ("Once another reader has reserved it, an item cannot be renewed.", "An item can be renewed twice, online or by phone, unless another reader has reserved it."),
        ("The passphrase cannot be recovered, and without it the data is gone.", "You are asked for a passphrase; it cannot be recovered, and without it the data is lost."),
        ("Your first card will not cost you anything.", "The first card is issued free of charge."),
        ("Deep fryers: not permitted", "Deep fryers and gas burners are forbidden; rice cookers and toasters are allowed."),
        ("Rice cookers are allowed, whereas deep fryers are forbidden.", "Deep fryers and gas burners are forbidden; rice cookers and toasters are allowed."),
        ("You don't pay extra for life jackets.", "Canoes cost 9 euros an hour; life jackets are included at no charge."),
        ("A new card is free and arrives in six working days.", "A new card arrives within 6 working days and costs nothing."),
        ("A power bank belongs in the cabin.", "Power banks belong in the cabin and never in the hold."),
        ("On Sundays the club shuts at 21:00.", "The club is open on Sundays from 8:00 to 21:00."),
        ("Os dois pontos de wi-fi vêm no Giga.", "Plano Giga: 1000 Mbps, com dois pontos de wi-fi."),
        ("She gets a junior certificate (max. depth 12 m).", "The minimum age for a junior certificate is 10 years."),
    ],
)  # fmt: skip
def test_the_same_in_other_words_is_no_contradiction(sentence: str, context: str) -> None:
    assert contradicts(sentence, context) is None


@pytest.mark.parametrize(
    ("sentence", "context"),
    [
        ("No doubt about it: the deposit is kept for 30 days.", "The deposit is not kept for 30 days."),
        ("Animals are not allowed in the cabin.", "Only 4 animals are allowed in a cabin, so book ahead."),
        ("Der Abschlag kann nie im Portal geändert werden.", "Der Abschlag kann im Portal geändert werden."),
    ],
)
def test_a_denial_without_exception_stays_one(sentence: str, context: str) -> None:
    assert contradicts(sentence, context) is not None


@pytest.mark.parametrize(
    ("sentence", "text", "kind"),
    [
        ("Our boots run a full size large.", "Our boots run half a size small.", "opposite"),
        (
            "Both cards are free of charge for life.",
            "The debit card is free. The credit card costs 39 euros a year.",
            "opposite",
        ),
    ],
)
def test_opposites_of_size_and_of_for_life(sentence: str, text: str, kind: str) -> None:
    found = contradicts(sentence, text)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        (
            "Take the dark-spotted leaves off and keep them out of the compost.",
            "Remove dark spotted leaves and do not compost them.",
        ),
        ("20,000 for the purchase costs, which aren't financed.", "Purchase costs are not financed."),
        ("No grapefruit juice with it.", "Grapefruit juice must be avoided with it."),
        (
            "It costs 57 euros if no foreign law has to be examined.",
            "It costs 99 euros when foreign law has to be examined, otherwise 57 euros.",
        ),
    ],
)
def test_denials_in_other_words(sentence: str, text: str) -> None:
    assert contradicts(sentence, text) is None
