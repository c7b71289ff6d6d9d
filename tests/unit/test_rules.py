"""Checks from configuration, files and packages: what they find, and how a wrong one is refused."""

import re
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from assay.checks import chosen
from assay.checks.chosen import checks_of
from assay.checks.engine import CHECKS, Checker
from assay.config.load import load_config
from assay.errors import ConfigError
from assay.otlp.decode import Decoder
from tests.golden.test_checks import request_of

HELLO = {"question": "Should I buy this fund?"}


def rules(folder: Path, text: str) -> tuple[Any, ...]:
    file = folder / "assay.yaml"
    file.write_text("checks:\n" + text, encoding="utf-8")
    loaded = load_config(file)
    return checks_of(loaded.config.checks, loaded.where)


def labels(checks: tuple[Any, ...], *spans: dict[str, Any]) -> list[list[str]]:
    """By span, what rules say."""
    batch = Decoder().traces(request_of([HELLO | one for one in spans]), workspace="w").spans
    checked = Checker(checks).check(batch, {key[2]: body.text for key, body in batch.bodies.items()}.get)
    found: dict[int, list[str]] = {row: [] for row in range(batch.rows)}
    for row, finding in zip(checked.rows, checked.findings, strict=True):
        if finding.check_id.startswith(("rule.", "mine.")):
            found[row].append(finding.label)
    order = sorted(range(batch.rows), key=lambda row: batch.columns["trace_id"][row])
    return [found[row] for row in order]


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        rules(folder, text)
    return str(caught.value).replace(str(folder) + "/", "")


def test_banned_phrases_are_whole_words_in_any_case(tmp_path):
    checks = rules(
        tmp_path, "  banned_phrases: [{id: no-promises, phrases: [guaranteed returns, für immer sicher, C++]}]\n"
    )
    banned = ["safety_policy.banned_phrase"]
    assert labels(
        checks, {"answer": "It has Guaranteed\n  returns of 8 %."}, {"answer": "Das ist FÜR immer sicher."}, {"answer": "Written in C++."},
        {"answer": "Unguaranteed returns, or returns guaranteed."}, {"answer": "Nothing is certain."},
    ) == [banned, banned, banned, [], []]  # fmt: skip


def test_phrases_are_found_where_words_stand_without_spaces(tmp_path):
    checks = rules(tmp_path, "  banned_phrases: [{id: cities, phrases: [東京, 서울, กรุงเทพ, AI]}]\n")
    banned = ["safety_policy.banned_phrase"]
    assert labels(
        checks, {"answer": "私は東京に行く。"}, {"answer": "JR東京駅"}, {"answer": "저는 서울에 갑니다."}, {"answer": "ฉันจะไปกรุงเทพพรุ่งนี้"},
        {"answer": "私はAIです。"}, {"answer": "私はOpenAIです。"}, {"answer": "私は京都に行く。"},
    ) == [banned, banned, banned, banned, banned, [], []]  # fmt: skip


def test_emphasis_hides_no_phrase(tmp_path):
    checks = rules(tmp_path, "  banned_phrases: [{id: pushy, phrases: [no strings attached]}]\n")
    banned = ["safety_policy.banned_phrase"]
    answers = (
        "_No strings attached_",
        "**No strings attached**!",
        "No **strings** attached.",
        "> no\n> strings _attached_",
    )
    assert labels(checks, *[{"answer": answer} for answer in answers]) == [banned] * len(answers)
    assert labels(checks, {"answer": "the_no strings attached_flag"}, {"answer": "no_strings_attached"}) == [[], []]


def test_phrases_are_found_composed_and_decomposed(tmp_path):
    words = ["für immer sicher", "Évian", "서울", "bảo đảm"]
    decomposed = [normalize("NFD", word) for word in words]
    assert not set(words) & set(decomposed)
    banned = ["safety_policy.banned_phrase"]
    for phrases in (words, decomposed):
        checks = rules(tmp_path, f"  banned_phrases: [{{id: either, phrases: {phrases}}}]\n")
        answers = [f"It says {word.upper()}." for word in (*words, *decomposed)]
        assert labels(checks, *[{"answer": answer} for answer in answers], {"answer": "Fur immer sicher, Evian."}) == [
            *[banned] * 8,
            [],
        ]


def test_one_of_the_disclaimers_is_required(tmp_path):
    checks = rules(
        tmp_path,
        "  required_disclaimers: [{id: advice, any_of: [This is not financial advice., No advice.], severity: error}]\n",
    )
    missing = ["safety_policy.missing_disclaimer"]
    assert labels(
        checks, {"answer": "Yes. This is not\nFinancial advice."}, {"answer": "Yes. no advice."}, {"answer": "Yes."},
        {"answer": "Yes. This is not financial."}, {"calls": [["buy", "{}"]]},
    ) == [[], [], missing, missing, []]  # fmt: skip


def test_no_disclaimer_is_required_of_steps_on_the_way(tmp_path):
    checks = rules(tmp_path, "  required_disclaimers: [{id: advice, any_of: [No advice.]}]\n")
    asked = {"question": "Platelets were 240 at baseline, now 105. What does the guideline say?"}
    assert labels(
        checks, asked | {"answer": "knowledge"}, asked | {"answer": '{"grounded": true}'}, asked | {"answer": "guideline platelets 240 baseline now 105"},
        asked | {"answer": "The guideline says to stop."}, asked | {"answer": "Yes, stop"},
    ) == [[], [], [], ["safety_policy.missing_disclaimer"], ["safety_policy.missing_disclaimer"]]  # fmt: skip


def test_length_bounds_are_inclusive(tmp_path):
    checks = rules(tmp_path, "  length_bounds: [{id: short, min_characters: 3, max_characters: 5}]\n")
    out = ["output_format.length_bounds"]
    assert labels(checks, {"answer": "ab"}, {"answer": "abc"}, {"answer": "äöüßé"}, {"answer": "abcdef"}) == [
        out,
        [],
        [],
        out,
    ]


def test_answers_follow_a_schema_that_was_not_asked_for(tmp_path):
    schema = '{"type": "object", "required": ["city"]}'
    checks = rules(tmp_path, f"  json_schemas: [{{id: city, inline_schema: '{schema}'}}]\n")
    wrong = ["output_format.schema_violation"]
    assert labels(
        checks, {"answer": '{"city": "Rome"}'}, {"answer": '```json\n{"city": "Rome"}\n```'}, {"answer": "{}"}, {"answer": "Rome"}
    ) == [[], [], wrong, ["output_format.invalid_json"]]  # fmt: skip
    # The request asked for JSON itself, and a check of its own looks at that.
    asked = {"answer": "Rome", "attributes": {"gen_ai.output.type": "json"}}
    assert labels(checks, asked) == [[]]
    (tmp_path / "city.json").write_text(schema)
    from_file = rules(tmp_path, f"  json_schemas: [{{id: city, schema_file: {tmp_path}/city.json}}]\n")
    assert labels(from_file, {"answer": "{}"}, {"answer": '{"city": "Rome"}'}) == [wrong, []]


def test_limits_compare_what_is_known(tmp_path):
    checks = rules(tmp_path, "  limits: [{id: fast, max_duration_ms: 1000, max_cost_usd: 0.01}]\n")
    over = ["serving_bottleneck.over_limit"]
    priced = {"answer": "ok", "duration_ms": 10}
    assert labels(
        checks, {"answer": "ok", "duration_ms": 1001}, {"answer": "ok", "duration_ms": 1000},
        priced | {"attributes": {"gen_ai.usage.input_tokens": 1_000_000, "gen_ai.usage.output_tokens": 100_000}},
        priced | {"attributes": {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 10}},
    ) == [over, [], over, []]  # fmt: skip


def test_a_rule_is_asked_of_its_services_routes_and_prompts_only(tmp_path):
    checks = rules(tmp_path, "  banned_phrases: [{id: x, phrases: [fund], routes: [/advice], prompts: [adviser]}]\n")
    spans = [
        {"answer": "A fund.", "attributes": {"http.route": route, "gen_ai.prompt.name": prompt}}
        for route, prompt in (("/advice", "adviser"), ("/advice", "other"), ("/chat", "adviser"))
    ]
    assert labels(checks, *spans) == [["safety_policy.banned_phrase"], [], []]
    batch = Decoder().traces(request_of([HELLO | one for one in spans]), workspace="w").spans
    asked = Checker(checks).check(batch, lambda _: None).checks
    assert sum("rule.x@1" in one.split(",") for one in asked) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  disabled: [output.emty]\n", "checks.disabled.0: unknown check 'output.emty'. Did you mean 'output.empty'? (assay.yaml:2)"),
        ("  files:\n    - nowhere.py\n", "checks.files.0: there is no file nowhere.py. (assay.yaml:3)"),
        ("  length_bounds: [{id: x}]\n", "checks.length_bounds.0: bounds nothing. Set 'min_characters' or 'max_characters'. (assay.yaml:2)"),
        ("  length_bounds:\n  - id: x\n    min_characters: 5\n    max_characters: 4\n", "checks.length_bounds.0.max_characters: must not be below 'min_characters'. (assay.yaml:5)"),
        ("  json_schemas: [{id: x}]\n", "checks.json_schemas.0: set either 'schema_file' or 'inline_schema'. (assay.yaml:2)"),
        ("  json_schemas: [{id: x, schema_file: no.json}]\n", "checks.json_schemas.0.schema_file: cannot read no.json (No such file or directory). (assay.yaml:2)"),
        ("  limits: [{id: x}]\n", "checks.limits.0: limits nothing."),
        ("  limits: [{id: x, max_cost_usd: 1, stages: [generaton]}]\n", "checks.limits.0.stages.0: unknown stage 'generaton'. Did you mean 'generation'? (assay.yaml:2)"),
        ("  banned_phrases: [{id: x, phrases: [' ']}]\n", "checks.banned_phrases.0.phrases.0: must not be blank. (assay.yaml:2)"),
        ("  banned_phrases: [{id: x, phrase: [a]}]\n", "checks.banned_phrases.0.phrase: unknown setting. Did you mean 'phrases'? (assay.yaml:2)"),
        ("  banned_phrases: [{id: x, phrases: [a]}]\n  limits: [{id: x, max_cost_usd: 1}]\n", "checks.limits.0.id: there is another rule 'x'. (assay.yaml:3)"),
        ("  json_schemas: [{id: x, inline_schema: '{'}]\n", "checks.json_schemas.0.inline_schema: is no JSON Schema"),
        ("  json_schemas: [{id: x, inline_schema: '{\"type\": \"objekt\"}'}]\n", "checks.json_schemas.0.inline_schema: is no JSON Schema"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_place(tmp_path, text, said):
    assert said in refusal(tmp_path, text)


def test_checks_are_chosen_by_name_and_by_file(tmp_path):
    chosen_ids = [one.id for one in rules(tmp_path, "  enabled: [output.*, tools.error]\n  disabled: [output.empty]\n")]
    assert chosen_ids == [
        one.id
        for one in CHECKS
        if (one.id.startswith("output.") or one.id == "tools.error") and one.id != "output.empty"
    ]
    assert rules(tmp_path, "  enabled: []\n") == ()


MINE = """
from assay.checks.check import Check
from assay.checks.finding import Evidence

CHECKS = (
    Check(
        "mine.shouting", "output_format.repetition", 3, lambda spans: spans.succeeded,
        lambda spans, row: [Evidence(note="!!!")], lambda spans, rows: spans.answers_having("mine.shouting", rows), patterns=("!{3}",),
    ),
)
"""


def test_a_file_brings_checks_of_its_own(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    checks = rules(tmp_path, f"  files: [{tmp_path}/mine.py]\n")
    assert labels(checks, {"answer": "Yes!!!"}, {"answer": "Yes!"}) == [["output_format.repetition"], []]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("output_format.repetition", "output_format.shouting", "the taxonomy has no label 'output_format.shouting'"),
        ("mine.shouting", "Mine", "is not like 'file.name'"),
        ("!{3}", "(!", "a pattern cannot be compiled"),
        ("CHECKS = (", "CHECKED = (", "AttributeError"),
        ("mine.shouting", "output.empty", "Two checks are called 'output.empty'"),
        ("import Check", "import Chek", "ImportError"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, old, new, said):
    (tmp_path / "mine.py").write_text(MINE.replace(old, new))
    assert said in refusal(tmp_path, f"  files: [{tmp_path}/mine.py]\n")


def test_installed_packages_bring_checks(tmp_path, monkeypatch):
    (tmp_path / "installed_checks.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("mine", "installed_checks:CHECKS", chosen.ENTRY_POINTS)
    monkeypatch.setattr(chosen, "entry_points", lambda group: [point] if group == chosen.ENTRY_POINTS else [])
    assert "mine.shouting" in {one.id for one in rules(tmp_path, "  disabled: [output.*]\n")}


def test_the_guide_tells_the_truth(tmp_path):
    guide = (Path(__file__).parents[2] / "docs" / "checks.md").read_text()
    settings, shouting = (re.search(rf"```{kind}\n(.*?)```", guide, re.DOTALL)[1] for kind in ("yaml", "python"))
    (tmp_path / "shouting.py").write_text(shouting)
    settings = settings.removeprefix("checks:\n") + f"  files: [{tmp_path}/shouting.py]\n"
    found = {one.id for one in rules(tmp_path, settings)} - {one.id for one in CHECKS}
    assert found == {
        "style.shouting",
        *(
            f"rule.{name}"
            for name in ("no-promises", "advice", "short-answers", "ticket", "ticket.json", "chat-budget")
        ),
    }
    batch = Decoder().traces(request_of([HELLO | {"answer": "Yes!!!"}]), workspace="w").spans
    said = Checker(rules(tmp_path, settings)).check(
        batch, {key[2]: body.text for key, body in batch.bodies.items()}.get
    )
    assert "style.shouting" in [one.check_id for one in said.findings]
