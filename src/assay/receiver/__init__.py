"""The OTLP endpoint: bytes in, an answer out, and rows in the store in between.

`accept → parse → decode → commit → answer`. Two transports, `grpc.py` and `http.py`, hand raw bytes to `accept.py`,
which knows who is calling and what is allowed; `pipe.py` is the flow. A request is answered with success only after
its rows are committed. What waits is bounded in bytes; past the bound senders are told to retry.
"""
