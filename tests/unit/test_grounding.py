"""Grounding of believable answers, both ways: what is said is found in the documents, or named as missing."""

import pytest

from assay.checks.grounding import judge, without_support
from assay.checks.names import unsupported_names

RETURNS = (
    "Unworn items can be returned within 30 days of delivery for a full refund. Start the return in your account under Orders and print "
    "the prepaid label. Refunds reach the original payment method 5 to 7 working days after the parcel arrives at our warehouse in Tilburg. "
    'Sale items marked "final" and opened underwear are excluded.'
)
SHIPPING = (
    "Standard delivery takes 3 to 5 working days and costs 4.95 euros; it is free for orders above 75 euros. Express orders placed before noon "
    "arrive on the next working day and cost 12.50 euros. We deliver to all countries of the European Union, Norway and Switzerland."
)
KEYS = (
    "Create an access key with `tide keys create`. A key is shown once and expires after 90 days. Put it into the environment as TIDE_KEY. "
    "Up to 5 keys can exist per service account. Revoked keys stop working within 60 seconds."
)
LEAVE = (
    "Full-time employees receive 27 days of annual leave a year, in addition to public holidays. Up to 5 unused days may be carried over and must "
    "be taken by 31 March. Leave of more than 10 days in a row needs the approval of the department head at least 6 weeks in advance."
)
DOCUMENTS = (RETURNS, SHIPPING, KEYS, LEAVE)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How do I return shoes?", "You can return unworn items within 30 days of delivery and receive a full refund. Open Orders in your account, start the return there and print the prepaid label."),
        ("When do I get my money?", "Refunds reach your original payment method 5 to 7 working days after the parcel has arrived at the warehouse in Tilburg.\n\nI hope this helps! Let me know if you have any other questions."),
        ("What does delivery cost?", "Standard delivery costs €4.95 and is free for orders above 75 euros [2]. Express delivery costs 12.50 euros."),
        ("How long do keys last?", "Access keys expire after 90 days. Revoked keys stop working within a minute (60 seconds)."),
        ("How much leave do I have?", "Full-time employees receive 27 days of annual leave a year:\n\n- up to 5 unused days may be carried over\n- they must be taken by 31 March"),
    ],
)  # fmt: skip
def test_answers_in_the_words_of_the_documents_are_supported(question: str, answer: str) -> None:
    found = judge(answer, DOCUMENTS, question)
    assert found.supported, found
    assert without_support(answer, DOCUMENTS, question) == ()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How do I return shoes?", "Sure! Within 30 days after delivery you can give back shoes that are unworn, and you get a full refund. Just open your account, go to Orders, and print the label that we prepaid."),
        ("Is express worth it?", "If you order before noon with Express, the parcel is with you on the following working day. It costs 12.50 euros, while standard takes 3 to 5 working days."),
        ("Can I keep my leave?", "Partly: you may carry over as many as 5 of the days that you did not use, provided that you take them before the end of March."),
        ("How do I get a key?", "Run `tide keys create` and copy the key at once, because it is displayed only one time. Then export it as TIDE_KEY."),
        ("Do you deliver to Oslo?", "Yes, Norway is one of the countries that we deliver to, besides Switzerland and the European Union."),
        ("What is the password of the VPN?", "The documents do not mention a VPN password. Would you like me to look for something else?"),
    ],
)  # fmt: skip
def test_paraphrases_are_never_without_support(question: str, answer: str) -> None:
    assert without_support(answer, DOCUMENTS, question) == ()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("You can return unworn items within 30 days of delivery. Gift wrapping with a handwritten card is available in every store.", "Gift wrapping with a handwritten card is available in every store."),
        ("Access keys expire after 90 days. They are encrypted with quantum-safe algorithms and mirrored to three continents.", "They are encrypted with quantum-safe algorithms and mirrored to three continents."),
        ("Our founder Maria Lindqvist started the company in a garage near Gothenburg.", "Our founder Maria Lindqvist started the company in a garage near Gothenburg."),
        ("1. Standard delivery takes 3 to 5 working days.\n2. Drones bring parcels to rooftops and balconies on weekends.", "Drones bring parcels to rooftops and balconies on weekends."),
    ],
)  # fmt: skip
def test_a_sentence_about_something_else_has_no_support(answer: str, sentence: str) -> None:
    (one,) = without_support(answer, DOCUMENTS)
    assert answer[one.start : one.end] == sentence
    assert not judge(answer, DOCUMENTS).supported


def test_what_is_missing_is_named() -> None:
    (one,) = judge("Ask Maria Lindqvist in Gothenburg for a voucher of 99 euros.", DOCUMENTS).sentences
    assert one.support == "none"
    assert "99 euros" in one.numbers
    assert "Maria Lindqvist" in one.names
    assert "voucher" in one.words


def test_a_denial_that_no_document_has_is_said_of_its_sentence() -> None:
    (one,) = judge("Access keys never expire for a paying organisation.", DOCUMENTS).sentences
    assert one.denies
    (one,) = judge("Sale items marked final are not refunded to a bank.", DOCUMENTS).sentences


def test_greetings_and_questions_back_claim_nothing() -> None:
    for answer in (
        "I hope this helps!",
        "Would you like me to start the return?",
        "You're welcome!",
        "Here are the steps:",
        "",
    ):
        assert judge(answer, DOCUMENTS).sentences == ()
        assert judge(answer, DOCUMENTS).supported


def test_an_answer_in_another_language_is_not_compared() -> None:
    answer = "Sie können die Ware innerhalb von 30 Tagen zurückgeben, und Sie erhalten das Geld für die Ware auf dem Konto, mit dem Sie bezahlt haben."
    assert judge(answer, DOCUMENTS).supported


def test_german_is_compared_with_german() -> None:
    context = "Ein Umzug wird spätestens 14 Tage vor dem Einzug gemeldet. Wir brauchen die Zählernummer, den Zählerstand und das Datum der Übergabe."
    good = "Bitte melden Sie den Umzug spätestens 14 Tage vor dem Einzug mit Zählernummer, Zählerstand und dem Datum der Übergabe."
    bad = "Unsere Filiale in der Goethestraße verschenkt samstags bunte Luftballons an alle Kinder."
    assert without_support(good, [context]) == ()
    assert len(without_support(bad, [context])) == 1


def test_names() -> None:
    def names(answer: str, question: str = "") -> list[str]:
        return [one.value for one in unsupported_names(answer, DOCUMENTS, question)]

    assert names("We deliver to Norway and to the European Union from Tilburg.") == []
    assert names("We deliver to Brazil with Acme Cargo.") == ["Brazil", "Acme Cargo"]
    assert names("Brazil is served too.", question="Do you deliver to Brazil?") == []
    assert names("The model DW40 is covered.") == ["DW40"]
    assert names("Please call us on Monday.") == []
