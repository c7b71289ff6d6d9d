"""The way to an embedded folder that another process owns: its door, which the owner writes down beside the data."""

import json
from pathlib import Path
from urllib.parse import quote, urlsplit

from assay.config.model import Store as StoreSettings
from assay.errors import OperatorMustFix
from assay.store.dsn import Dsn, parse_dsn

NOTE = "door.json"
"""Beside the data: `url`, `token_file`, and who are `readers`, while a process owns the folder."""


def door_of(dsn: Dsn) -> dict[str, str] | None:
    """What the process that owns an embedded folder says about its door. None when nobody does."""
    note = Path(dsn.path) / NOTE
    if not dsn.embedded or not note.exists():
        return None
    said: dict[str, str] = json.loads(note.read_text())
    return said


def through_door(settings: StoreSettings, *, write: bool) -> StoreSettings | None:
    """Settings that reach an embedded folder through its owner's door; None when nobody says that he owns it.

    The database is that of `settings`. With `write`, or where readers need one, the owner's token is part of the DSN.
    Raises `OperatorMustFix` when that token cannot be read.
    """
    dsn = parse_dsn(settings)
    door = door_of(dsn)
    if door is None:
        return None
    who = ""
    if write or door["readers"] != "anybody":
        try:
            token = Path(door["token_file"]).read_text(encoding="utf-8").strip()
        except OSError as cause:
            raise OperatorMustFix(
                f"Another process owns {dsn}, and the write token of its door, {door['token_file']}, cannot be read: {cause.strerror}."
            ) from cause
        who = f"default:{quote(token, safe='')}@"
    parts = urlsplit(door["url"])
    return settings.model_copy(
        update={"dsn": f"{parts.scheme}://{who}{parts.netloc}/{settings.database}", "dsn_file": ""}
    )
