"""Judges as files: what is read from one, and what is said about a wrong one. And the offline judges."""

import pytest

from assay.config.model import Judges
from assay.errors import ConfigError
from assay.judges.case import Case
from assay.judges.judge import judges_of, library, read
from assay.judges.offline import FUNCTIONS, judge_offline
from assay.judges.verdict import Unscored, Verdict

FILE = """---
id: brevity
dimension: brevity
version: 2
scale: {long: 0, fitting: 0.5, short: 1}
inputs: [answer]
optional: [question]
model: openai/qwen3-32b
sampling: {max_tokens: 256, temperature: 0}
---
# Brevity

Count words.
"""
LIBRARY = {judge.id: judge for judge in library()}


def test_a_judge_is_read_from_its_file():
    judge = read(FILE, "brevity.md")
    assert (judge.key, judge.dimension, judge.provider, judge.model) == ("brevity@2", "brevity", "openai", "qwen3-32b")
    assert judge.scale == {"long": 0.0, "fitting": 0.5, "short": 1.0}
    assert (judge.inputs, judge.optional, judge.max_tokens, judge.temperature) == (("answer",), ("question",), 256, 0.0)
    assert judge.rubric == "# Brevity\n\nCount words."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("---\nid", "id", r"brevity\.md:1: a judge begins with front matter"),
        ("id: brevity", "id: [", r"brevity\.md:\d+: the front matter is no YAML"),
        ("id: brevity", "id: Brevity", r"brevity\.md:2: id: 'Brevity' must be small letters"),
        ("version: 2", "version: two", r"brevity\.md:4: version: must be a whole number"),
        ("version: 2", "version: true", r"brevity\.md:4: version: must be a whole number"),
        ("version: 2", "verson: 2", r"brevity\.md:4: verson: unknown\. Did you mean 'version'\?"),
        (
            "inputs: [answer]",
            "inputs: [anwser]",
            r"brevity\.md:6: inputs: 'anwser' is no input\. Did you mean 'answer'\?",
        ),
        ("inputs: [answer]", "inputs: answer", r"brevity\.md:6: inputs: must be a list"),
        ("inputs: [answer]", "inputs: []", r"brevity\.md:6: inputs: must be a list"),
        ("openai/qwen3-32b", "qwen3-32b", r"brevity\.md:8: model: write provider/model"),
        ("openai/qwen3-32b", "antropic/claude", r"model: write provider/model.*Did you mean 'anthropic'"),
        ("short: 1", "short: 2", r"brevity\.md:5: scale: the score of 'short' must be from 0 to 1"),
        ("short: 1", "short: 0.2", r"brevity\.md:5: scale: levels go from the worst to the best"),
        ("short: 1", "no: 1", r"brevity\.md:5: scale: False is no name of a level"),
        ("short: 1", "abstain: 1", r"brevity\.md:5: scale: 'abstain' is no name of a level"),
        ("max_tokens: 256", "max_tokens: 1", r"brevity\.md:9: sampling: max_tokens"),
        ("temperature: 0", "top_p: 0", r"brevity\.md:9: sampling: may have"),
        ("# Brevity\n\nCount words.\n", "", r"brevity\.md:\d+: the rubric is missing"),
    ],
)
def test_a_wrong_file_is_named_with_the_line_and_what_to_write(old, new, message):
    assert old in FILE
    with pytest.raises(ConfigError, match=message):
        read(FILE.replace(old, new, 1), "brevity.md")


def test_judges_of_a_folder_join_the_library_and_win(tmp_path):
    (tmp_path / "brevity.md").write_text(FILE, encoding="utf-8")
    (tmp_path / "tone.md").write_text(FILE.replace("id: brevity", "id: tone"), encoding="utf-8")
    found = {judge.id: judge for judge in judges_of(Judges(folder=str(tmp_path)))}
    assert set(found) == {*LIBRARY, "brevity"}
    assert found["tone"].version == 2
    some = judges_of(Judges(folder=str(tmp_path), enabled=("brevity", "offline.*"), disabled=("offline.relevance",)))
    assert [judge.id for judge in some] == ["brevity", "offline.completeness", "offline.faithfulness"]


def test_a_folder_that_is_not_there_two_of_one_id_and_unknown_names_are_said(tmp_path):
    with pytest.raises(ConfigError, match=r"judges\.folder"):
        judges_of(Judges(folder=str(tmp_path / "none")))
    with pytest.raises(ConfigError, match=r"'tonne'.*Did you mean 'tone'"):
        judges_of(Judges(enabled=("tonne",)))
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text(FILE, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"b\.md.*'brevity' is taken"):
        judges_of(Judges(folder=str(tmp_path)))


def test_the_library_is_whole():
    assert set(LIBRARY) == {
        "faithfulness", "relevance", "completeness", "safety", "tool_call_accuracy", "refusal_correctness",
        "answer_consistency", "tone", "offline.faithfulness", "offline.relevance", "offline.completeness",
    }  # fmt: skip
    for judge in LIBRARY.values():
        assert judge.provider == "anthropic" or judge.model in FUNCTIONS
        for level in judge.scale if judge.provider != "offline" else ():
            assert f"- `{level}`:" in judge.rubric, f"{judge.id} says nothing about {level}"


def test_what_a_judge_is_told_shows_in_its_digest():
    judge = read(FILE, "x")
    assert read(FILE.replace("Count words", "Count letters"), "x").rubric_hash != judge.rubric_hash
    assert read(FILE.replace("short: 1", "short: 0.9"), "x").rubric_hash != judge.rubric_hash
    assert read(FILE, "y").rubric_hash == judge.rubric_hash


CONTEXT = "Parcels can be sent back within 30 days. Refunds take 14 days after we get the parcel. Gift cards are not refunded."


def offline(name, **inputs):
    return judge_offline(LIBRARY[f"offline.{name}"], Case(inputs))


def test_offline_faithfulness_sinks_with_what_is_not_there():
    good = offline("faithfulness", answer="Refunds take 14 days after we get the parcel.", context=CONTEXT)
    mixed = offline(
        "faithfulness",
        answer="Refunds take 14 days after we get the parcel. Customers in Norway receive a complimentary umbrella from the warehouse manager.",
        context=CONTEXT,
    )
    bad = offline(
        "faithfulness",
        answer="Customers in Norway receive a complimentary umbrella from the warehouse manager.",
        context=CONTEXT,
    )
    assert (good.label, good.score) == ("supported", 1.0)
    assert bad.score < mixed.score < good.score
    assert bad.label == "unsupported"
    assert "umbrella" in bad.quotations[0].text


def test_offline_faithfulness_abstains_where_nothing_is_claimed():
    judgement = offline("faithfulness", answer="Hello! How can I help you?", context=CONTEXT)
    assert isinstance(judgement, Unscored)
    assert judgement.reason == "abstained"


def test_offline_relevance_tells_the_subject():
    question = "How long do refunds take?"
    near = offline("relevance", question=question, answer="Refunds take 14 days.")
    far = offline("relevance", question=question, answer="Our museum opens on Sunday mornings.")
    assert near.score > far.score
    assert (near.label, far.label) == ("relevant", "off_topic")


def test_offline_relevance_of_a_short_answer_comes_from_the_context():
    question = "How long do refunds take after the parcel?"
    alone = offline("relevance", question=question, answer="14 days.")
    with_context = offline("relevance", question=question, answer="14 days.", context=CONTEXT)
    assert isinstance(with_context, Verdict)
    assert with_context.score > alone.score


def test_offline_completeness_counts_open_parts():
    question = "How long do refunds take, and can gift cards be refunded? Who pays the postage label?"
    half = offline("completeness", question=question, answer="Refunds take 14 days. Gift cards are not refunded.")
    assert 0 < half.score < 1
    assert "postage" in half.quotations[0].text
