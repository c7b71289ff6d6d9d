"""Serve an ASGI application on a thread: the one way in which this house speaks HTTP.

`serve` binds and runs, `tls` watches certificate files, `body` reads and answers, `inflate` decompresses inside a bound.
Applications are plain ASGI callables, written by hand; what a request means is theirs.
"""

from assay.wire.body import Disconnected, Receive, Scope, Send, anything, header, read_body, respond
from assay.wire.inflate import inflate
from assay.wire.serve import Running, serve
from assay.wire.tls import CertificateFiles, server_context
from assay.wire.tokens import Tokens

__all__ = [
    "CertificateFiles",
    "Disconnected",
    "Receive",
    "Running",
    "Scope",
    "Send",
    "Tokens",
    "anything",
    "header",
    "inflate",
    "read_body",
    "respond",
    "serve",
    "server_context",
]
