"""Server certificates that are read again when their files change."""

import logging
import ssl
from pathlib import Path
from typing import Protocol

from assay.errors import ConfigError

log = logging.getLogger(__name__)


class CertificateFiles(Protocol):
    """Paths of PEM files; an empty `client_ca_file` asks no client for a certificate."""

    @property
    def cert_file(self) -> str: ...
    @property
    def key_file(self) -> str: ...
    @property
    def client_ca_file(self) -> str: ...


Stamp = tuple[tuple[int, int, int], ...]


def stamp(files: CertificateFiles) -> Stamp:
    """What changes whenever one of the files does. Raises OSError where one is missing."""
    paths = [files.cert_file, files.key_file or files.cert_file, files.client_ca_file]
    stats = [Path(path).stat() for path in paths if path]
    return tuple((s.st_mtime_ns, s.st_size, s.st_ino) for s in stats)


def server_context(files: CertificateFiles) -> ssl.SSLContext:
    """A server context whose handshakes use the files as they are at that moment.

    Files that cannot be read or do not fit together later on leave the previous certificate in use. Raises ConfigError
    when they do not work now.
    """
    try:
        current, seen = _load(files), stamp(files)
    except (OSError, ssl.SSLError) as cause:
        raise ConfigError(f"{files.cert_file}: cannot use this certificate: {cause}") from cause
    first = current

    def renew(handshake: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
        nonlocal current, seen
        try:
            now = stamp(files)
            if now != seen:
                current, seen = _load(files), now
                log.info("certificate read again", extra={"file": files.cert_file})
        except (OSError, ssl.SSLError) as cause:
            log.warning("certificate not read again", extra={"file": files.cert_file, "error": str(cause)})
        if current is not first:
            handshake.context = current

    # Called in every handshake, also where the client names no server:
    # https://docs.python.org/3/library/ssl.html#ssl.SSLContext.sni_callback
    first.sni_callback = renew
    return first


def _load(files: CertificateFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A resumed session would skip the certificate checks of its first handshake, also after the files changed.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    context.load_cert_chain(files.cert_file, files.key_file or None)
    if files.client_ca_file:
        context.load_verify_locations(files.client_ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
