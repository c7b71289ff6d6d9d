"""Token files that cannot work are refused at the start, in a sentence; a token says by no time whether it is near to one."""

import hmac
from pathlib import Path

import pytest

from assay.errors import ConfigError
from assay.wire import Tokens


def workspaces(folder: Path, **texts: str) -> dict[str, tuple[str, ...]]:
    for name, text in texts.items():
        (folder / name).write_text(text)
    return {name: (str(folder / name),) for name in texts}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="missing"):
        Tokens({"a": (str(tmp_path / "missing"),)})


def test_a_file_without_a_token_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no token in it"):
        Tokens(workspaces(tmp_path, a="# only a comment\n\n"))


def test_a_token_of_two_workspaces_is_refused_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a and b") as error:
        Tokens(workspaces(tmp_path, a="the-shared-one\n", b="other\nthe-shared-one\n"))
    assert "the-shared-one" not in str(error.value)


def test_a_token_is_compared_with_every_other_in_constant_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens(workspaces(tmp_path, a="first\nsecond\n", b="third\n"))
    compared: list[bool] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(one == other)
        return compared[-1]

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert tokens.workspace_of("first") == "a"
    assert compared == [True, False, False]
    assert tokens.workspace_of("unknown") == ""
    assert compared == [True, False, False, False, False, False]
