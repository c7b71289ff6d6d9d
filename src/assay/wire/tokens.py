"""Secrets by the workspace that they stand for, from files: receivers ask for those of senders, the door for those of readers."""

import hashlib
import hmac
import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from assay.errors import ConfigError

log = logging.getLogger(__name__)


class Tokens:
    """Tokens by workspace. Files are read again when they change; one that cannot be read keeps its tokens."""

    def __init__(self, files: Mapping[str, Sequence[str]]) -> None:
        """`files` by workspace, one token a line.

        Raises ConfigError where a file is missing or empty, or one token belongs to two workspaces.
        """
        self._lock = threading.Lock()
        self.files = [(Path(file), name) for name, some in files.items() for file in some]
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._tokens: dict[Path, tuple[bytes, ...]] = {}
        for file, _ in self.files:
            try:
                self._seen[file], self._tokens[file] = _stamp(file), _read(file)
            except (OSError, UnicodeDecodeError) as cause:
                raise ConfigError(f"{file}: cannot read this token file: {cause}") from cause
            if not self._tokens[file]:
                raise ConfigError(f"{file}: no token in it. Write one token a line.")
        owners: dict[bytes, str] = {}
        for digest, name in self._digests():
            if owners.setdefault(digest, name) != name:
                raise ConfigError(f"A token belongs to two workspaces, {owners[digest]} and {name}. Give each its own.")

    def workspace_of(self, token: str) -> str:
        """The workspace that a token stands for; empty where it is unknown."""
        self._reload()
        given = hashlib.sha256(token.encode()).digest()
        found = ""
        # Every digest is compared, so that the time says neither whether nor where one matched.
        for digest, name in self._digests():
            if hmac.compare_digest(digest, given):
                found = name
        return found

    def _digests(self) -> list[tuple[bytes, str]]:
        return [(digest, name) for file, name in self.files for digest in self._tokens[file]]

    def _reload(self) -> None:
        with self._lock:
            for file in self._seen:
                try:
                    stamp = _stamp(file)
                    if stamp != self._seen[file]:
                        self._tokens[file], self._seen[file] = _read(file), stamp
                        log.info("token file read again", extra={"file": str(file), "tokens": len(self._tokens[file])})
                except (OSError, UnicodeDecodeError) as cause:
                    log.warning("token file not read again", extra={"file": str(file), "error": str(cause)})


def _stamp(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(file: Path) -> tuple[bytes, ...]:
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(hashlib.sha256(line.encode()).digest() for line in lines if line and not line.startswith("#"))
