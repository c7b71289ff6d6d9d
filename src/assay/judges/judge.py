"""A judge is one Markdown file: front matter says what it is, the body is its rubric.

    ---
    id: faithfulness
    dimension: faithfulness
    version: 1
    scale: {unsupported: 0, partly_supported: 0.5, supported: 1}
    inputs: [question, context, answer]
    model: anthropic/claude-haiku-4-5-20251001
    sampling: {max_tokens: 1024}
    ---
    # Faithfulness ...

Every change of the rubric, the scale, the inputs or the model is a new version: verdicts of two versions are never averaged.
"""

import difflib
import hashlib
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from assay.config.model import Judges as JudgeSettings
from assay.errors import ConfigError

Input = Literal["question", "answer", "context", "system_prompt", "conversation", "tools", "tool_definitions"]
"""What a judge may be shown of a trace: what was asked, what the user got, the documents that the model saw, the system prompt, the
turns before, the runs of tools with arguments and results, the names of the tools that could be called."""

INPUTS: tuple[Input, ...] = get_args(Input)

Provider = Literal["anthropic", "openai", "offline"]
"""Who answers: the Anthropic API, an endpoint that speaks the OpenAI protocol, or a function of `offline.py`."""

PROVIDERS: tuple[Provider, ...] = get_args(Provider)

FIELDS = ("id", "dimension", "version", "scale", "inputs", "optional", "model", "sampling")
SAMPLING = ("max_tokens", "temperature")
ABSTAIN = "abstain"
"""The label that every judge may give instead of a level."""

_NAME = re.compile(r"[a-z][a-z0-9_.-]*")


@dataclass(frozen=True)
class Judge:
    """One version of one judge."""

    id: str
    dimension: str
    version: int
    scale: dict[str, float]
    """Levels in order, the worst first, each with its score from 0 to 1."""
    inputs: tuple[Input, ...]
    """Without one of these there is nothing to judge."""
    optional: tuple[Input, ...]
    """Shown where they are there."""
    provider: Provider
    model: str
    max_tokens: int
    temperature: float | None
    """Sent to OpenAI-compatible endpoints only: the Messages API of current models has no sampling parameters."""
    rubric: str
    place: str
    """The file that it was read from."""

    @cached_property
    def key(self) -> str:
        """`id@version`."""
        return f"{self.id}@{self.version}"

    @cached_property
    def rubric_hash(self) -> str:
        """What the judge was told, as 16 hexadecimal digits: a rubric that was changed without a new version shows."""
        told = repr((self.scale, self.inputs, self.optional, self.rubric))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def judges_of(settings: JudgeSettings) -> tuple[Judge, ...]:
    """The judges that the settings ask for, by id: the library, and the folder of the settings, whose files win. Raises `ConfigError`."""
    found = {judge.id: judge for judge in library()}
    if settings.folder:
        folder = Path(settings.folder).expanduser()
        if not folder.is_dir():
            raise ConfigError(f"judges.folder: {folder} is no folder. Make it, or leave the setting empty.")
        own: dict[str, Judge] = {}
        for file in sorted(folder.glob("*.md")):
            judge = read(file.read_text(encoding="utf-8"), str(file))
            if judge.id in own:
                raise ConfigError(
                    f"{file}: the id {judge.id!r} is taken by {own[judge.id].place}. Give it another one."
                )
            own[judge.id] = judge
        found |= own
    for name in (*settings.enabled, *settings.disabled):
        if not any(fnmatchcase(known, name) for known in found):
            raise ConfigError(f"judges: no judge is called {name!r}.{_near(name, tuple(found))}")
    return tuple(
        judge
        for name, judge in sorted(found.items())
        if any(fnmatchcase(name, one) for one in settings.enabled)
        and not any(fnmatchcase(name, one) for one in settings.disabled)
    )


def library() -> tuple[Judge, ...]:
    """The judges that come with Assay, by id."""
    folder = resources.files("assay.judges") / "library"
    files = sorted(
        (entry.name, entry.read_text(encoding="utf-8")) for entry in folder.iterdir() if entry.name.endswith(".md")
    )
    return tuple(read(text, f"library/{name}") for name, text in files)


def read(text: str, place: str) -> Judge:
    """One judge from the text of its file; `place` is for messages. Raises `ConfigError` with the line and what to write instead."""
    lines = text.split("\n")
    if lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:]):
        raise ConfigError(f"{place}:1: a judge begins with front matter between two lines `---`. See docs/judges.md.")
    end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == "---")
    try:
        front = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError as cause:
        mark = getattr(cause, "problem_mark", None)
        raise ConfigError(f"{place}:{mark.line + 2 if mark else 1}: the front matter is no YAML: {getattr(cause, 'problem', cause)}.") from cause  # fmt: skip
    if not isinstance(front, dict):
        raise ConfigError(f"{place}:2: the front matter must be `name: value` lines.")
    return _Reader(front, lines, place).judge("\n".join(lines[end + 1 :]).strip())


class _Reader:
    """Takes the values out of one front matter, and says where and how one is wrong."""

    def __init__(self, front: dict[str, Any], lines: list[str], place: str) -> None:
        self._front = front
        self._lines = lines
        self._place = place

    def judge(self, rubric: str) -> Judge:
        for name in self._front:
            if name not in FIELDS:
                raise self._wrong(str(name), f"unknown.{_near(str(name), FIELDS)}")
        provider, _, model = self._text("model").partition("/")
        known = next((one for one in PROVIDERS if one == provider), None)
        if known is None or not model:
            raise self._wrong(
                "model",
                f"write provider/model, the provider one of {', '.join(PROVIDERS)}.{_near(provider, PROVIDERS)}",
            )
        if not rubric:
            raise ConfigError(
                f"{self._place}:{len(self._lines)}: the rubric is missing. Write it below the front matter."
            )
        version = self._front.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= 65_535:
            raise self._wrong("version", "must be a whole number from 1 on; raise it when you change the judge.")
        max_tokens, temperature = self._sampling()
        return Judge(
            self._name("id"), self._name("dimension"), version, self._scale(), self._inputs("inputs"), self._inputs("optional"),
            known, model, max_tokens, temperature, rubric, self._place,
        )  # fmt: skip

    def _text(self, name: str) -> str:
        value = self._front.get(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(name, "must be set to a text.")
        return value

    def _name(self, name: str) -> str:
        value = self._text(name)
        if not _NAME.fullmatch(value):
            raise self._wrong(name, f"{value!r} must be small letters, digits, `.`, `_` and `-`.")
        return value

    def _scale(self) -> dict[str, float]:
        value = self._front.get("scale")
        if not isinstance(value, dict) or len(value) < 2:
            raise self._wrong("scale", "must name at least two levels with their scores: {wrong: 0, right: 1}.")
        for level, score in value.items():
            # YAML reads `yes` and `no` as booleans: https://yaml.org/type/bool.html
            if not isinstance(level, str) or not _NAME.fullmatch(level) or level == ABSTAIN:
                raise self._wrong(
                    "scale",
                    f"{level!r} is no name of a level: small letters and `_`, not `{ABSTAIN}`, not yes, no, on or off.",
                )
            if not isinstance(score, (int, float)) or isinstance(score, bool) or not 0 <= score <= 1:
                raise self._wrong("scale", f"the score of {level!r} must be from 0 to 1, not {score!r}.")
        scores = [float(score) for score in value.values()]
        if scores != sorted(set(scores)):
            raise self._wrong("scale", "levels go from the worst to the best, each with a score of its own.")
        return {level: float(score) for level, score in value.items()}

    def _inputs(self, name: Literal["inputs", "optional"]) -> tuple[Input, ...]:
        value = self._front.get(name, [] if name == "optional" else None)
        if not isinstance(value, list) or (name == "inputs" and not value):
            raise self._wrong(name, f"must be a list of {', '.join(INPUTS)}.")
        found: list[Input] = []
        for one in value:
            known = next((each for each in INPUTS if each == one), None)
            if known is None:
                raise self._wrong(name, f"{one!r} is no input.{_near(str(one), INPUTS)}")
            found.append(known)
        return tuple(found)

    def _sampling(self) -> tuple[int, float | None]:
        value = self._front.get("sampling", {})
        if not isinstance(value, dict) or not set(value) <= set(SAMPLING):
            raise self._wrong("sampling", f"may have {' and '.join(SAMPLING)} only.")
        max_tokens, temperature = value.get("max_tokens", 1024), value.get("temperature")
        if not isinstance(max_tokens, int) or not 64 <= max_tokens <= 64_000:
            raise self._wrong("sampling", f"max_tokens must be from 64 to 64000, not {max_tokens!r}.")
        if temperature is not None and not (isinstance(temperature, (int, float)) and 0 <= temperature <= 2):
            raise self._wrong("sampling", f"temperature must be from 0 to 2, not {temperature!r}.")
        return max_tokens, None if temperature is None else float(temperature)

    def _wrong(self, name: str, what: str) -> ConfigError:
        line = next((number for number, line in enumerate(self._lines, 1) if line.strip().startswith(f"{name}:")), 1)
        return ConfigError(f"{self._place}:{line}: {name}: {what}")


def _near(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(known)}."
