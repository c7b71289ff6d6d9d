"""What is remembered of texts stays within its bound, and what is looked up again stays."""

from assay.checks.remembered import OVERHEAD_CHARACTERS, remembered


def test_a_text_is_worked_out_once_while_it_is_remembered() -> None:
    worked: list[str] = []

    @remembered(100 * OVERHEAD_CHARACTERS)
    def shouted(text: str) -> str:
        worked.append(text)
        return text.upper()

    assert [shouted("a"), shouted("b"), shouted("a")] == ["A", "B", "A"]
    assert worked == ["a", "b"]


def test_what_nobody_asks_for_is_forgotten_and_the_rest_stays() -> None:
    worked: list[str] = []

    @remembered(20 * OVERHEAD_CHARACTERS)
    def length(text: str) -> int:
        worked.append(text)
        return len(text)

    for number in range(200):
        assert length(f"new {number}") == len(f"new {number}")
        assert length("often") == 5
    assert worked.count("often") == 1
    length("new 0")
    assert worked.count("new 0") == 2


def test_the_bound_is_one_of_characters() -> None:
    worked: list[str] = []

    @remembered(10_000)
    def first(text: str) -> str:
        worked.append(text)
        return text[0]

    texts = [letter * 6_000 for letter in "abcd"]
    for text in (*texts, texts[0]):
        first(text)
    assert len(worked) == 5
