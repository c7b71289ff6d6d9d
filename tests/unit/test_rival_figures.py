"""Figures of two texts for one thing, and figures of two things."""

import pytest

from assay.checks.rival_figures import may_be_about_one, rival_figures
from assay.checks.words import content

ASKED = content("What is the deposit, and when do I get it back? How much is a day ticket, a course or the sauna?")


@pytest.mark.parametrize(
    ("text", "other", "ours", "theirs"),
    [
        ("A deposit is returned after 30 days.", "The deposit is returned after 14 days.", "30 days", "14 days"),
        (
            "Report a theft to the police within 48 hours and send us the number.",
            "A theft must be reported to the police within 14 days.",
            "48 hours",
            "14 days",
        ),
        (
            "The deposit is 450 dollars. It is returned 30 days after you move out.",
            "Your deposit is returned 90 days after you move out.",
            "30 days",
            "90 days",
        ),
        ("Die Sauna kostet 7 Euro.", "Die Sauna kostet 9 Euro, jede Stunde mehr 2 Euro.", "7 Euro", "9 Euro"),
    ],
)
def test_one_thing(text: str, other: str, ours: str, theirs: str) -> None:
    found = rival_figures(text, other, ASKED | content("theft"))
    assert found
    assert ours in text[slice(*found[0])]
    assert theirs in other[slice(*found[1])]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("A deposit is returned after 30 days.", "A deposit is returned after 30 days, 14 days for members."),
        ("A deposit is returned after 30 days.", "A deposit is returned in a month."),
        ("A day ticket costs 14 euros.", "A day ticket for members costs 10 euros."),
        ("A day ticket costs at least 14 euros.", "A day ticket costs at most 40 euros."),
        (
            "A course costs 420 euros with equipment.",
            "A trip is 48 euros with your equipment and 66 euros with ours; ask us.",
        ),
        ("A day ticket costs 14 euros for 1 person.", "A day ticket costs 20 euros for 2 people."),
    ],
)
def test_several_things(text: str, other: str) -> None:
    assert rival_figures(text, other, ASKED) is None
    assert rival_figures(other, text, ASKED) is None


def test_what_was_not_asked_for_needs_more_words() -> None:
    """Short clauses that nobody asked about are too often of two things."""
    texts = ("Shipping takes 3 days.", "Shipping takes 5 days.")
    assert rival_figures(*texts, content("How long does shipping take?"))
    assert rival_figures(*texts, content("Where is the shop?")) is None


def test_versions_may_be_worded_otherwise() -> None:
    """Texts of one document speak of one thing."""
    old, new = "Joining the club costs 45 euros, paid once.", "Whoever joins the club pays 60 euros at the desk."
    assert rival_figures(old, new, content("How much is it to join the club?")) is None
    assert rival_figures(old, new, content("How much is it to join the club?"), versions=True)


def test_titles_and_models_tell_things_apart() -> None:
    """What stands above a text, and names with digits, say what it is about."""
    assert not may_be_about_one("Ovens\nThe warranty is 5 years.", "Dishwashers\nThe warranty is 2 years.")
    assert not may_be_about_one("The WM9 holds 9 kilograms.", "The WM7 holds 7 kilograms.")
    assert may_be_about_one(
        "Deposit\nIt is returned when you move.", "Moving out\nThe deposit is returned when you move out."
    )


def test_two_of_a_kind_are_not_one() -> None:
    fix, flex = "Tariff fix: a day costs 31 ct.", "Tariff flex: a day costs 29 ct."
    assert not may_be_about_one(fix, flex)
    assert may_be_about_one(fix, fix.replace("31", "29"))
    assert may_be_about_one("Returns: 30 days.", "Policy: returns within 14 days.")
    assert may_be_about_one("Prices 2025: a day costs 31 ct.", "Prices 2026: a day costs 29 ct.")
