"""An OTLP endpoint that something is sent to: its connection, the files that belong to it, and what it will never take."""

from pathlib import Path

import grpc

from assay.errors import ConfigError

PERMANENT = frozenset({grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE})
"""The target will never take these bytes. Everything else may be mended by time or by an operator, so the data is kept
(https://opentelemetry.io/docs/specs/otlp/#failures is stricter; here the sender's data is at stake, not the target's)."""


def open_channel(address: str, *, tls: bool, ca_file: str, setting: str) -> grpc.Channel:
    """A connection to `host:port`. `ca_file` (empty: the system's authorities) is the value of `setting`. Raises `ConfigError`."""
    options = [
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_reconnect_backoff_ms", 2_000),
    ]
    if not tls:
        return grpc.insecure_channel(address, options)
    authority = read_setting_file(ca_file, setting) if ca_file else None
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(authority), options)


def read_setting_file(file: str, setting: str) -> bytes:
    """The file that a setting names. Raises `ConfigError`."""
    try:
        return Path(file).expanduser().read_bytes()
    except OSError as cause:
        raise ConfigError(f"{setting}: cannot read {file}: {cause.strerror}.") from cause
