"""DSNs: `chdb:///path` names the embedded engine, `http(s)://user:password@host:port/database` a ClickHouse server."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from assay.config.model import Store as StoreSettings
from assay.errors import ConfigError

DEFAULT_FOLDER = "~/.local/share/assay"


@dataclass(frozen=True, slots=True)
class Dsn:
    """Where a store is. `path` is set for the embedded engine, `host` for a server."""

    database: str
    path: str = ""
    host: str = ""
    port: int = 0
    secure: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def embedded(self) -> bool:
        return bool(self.path)

    def __str__(self) -> str:
        if self.embedded:
            return f"chdb://{self.path}"
        return f"{'https' if self.secure else 'http'}://{self.host}:{self.port}/{self.database}"


def parse_dsn(settings: StoreSettings) -> Dsn:
    """The DSN of the settings; `dsn_file` wins over `dsn`. Raises `ConfigError` for one that we cannot read."""
    text = _read(settings.dsn_file) if settings.dsn_file else settings.dsn
    if not text or text == "chdb://":
        text = f"chdb://{Path(DEFAULT_FOLDER).expanduser()}"
    try:
        parts = urlsplit(text)
        port = parts.port if parts.scheme != "chdb" else None
    except ValueError as cause:
        raise ConfigError(f"store.dsn: its host or port cannot be used: {cause}.") from cause
    if parts.scheme == "chdb":
        # Two slashes at the start are one folder to us and another path to the engine.
        path = re.sub("^//+", "/", unquote(parts.netloc + parts.path))
        return Dsn(database=settings.database, path=str(Path(path).expanduser().absolute()))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(
            f"store.dsn: cannot read a DSN with scheme '{parts.scheme}'. "
            "Use chdb:///folder for the embedded engine or http(s)://user:password@host:8123/database for a server."
        )
    secure = parts.scheme == "https"
    return Dsn(
        database=parts.path.strip("/") or settings.database,
        host=parts.hostname,
        port=port or (8443 if secure else 8123),
        secure=secure,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        settings=dict(parse_qsl(parts.query)),
    )


def _read(file: str) -> str:
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as cause:
        why = cause.strerror if isinstance(cause, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"store.dsn_file: cannot read {file}: {why}.") from cause
