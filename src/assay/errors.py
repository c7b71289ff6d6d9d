"""The whole tree of errors, by who must act.

    AssayError
    ├── SenderMustChange        do not retry: the same bytes will fail again
    │   ├── BadPayload          cannot be parsed as OTLP
    │   ├── TooLarge            over the size limit after decompression
    │   ├── UnsupportedEncoding content type or content encoding that we do not speak
    │   ├── Unauthenticated     no token, or one that we do not know
    │   └── Forbidden           known, but not allowed to do this
    ├── TryLater                retry with back-off: nothing was stored, or it is not known to be stored
    │   ├── QueueFull           the bounded queue has no room
    │   ├── RateLimited         the workspace is over its own limit
    │   ├── StoreUnavailable    the store cannot take writes now
    │   ├── ForwardUnavailable  stored, but the target of processor mode does not take it now
    │   └── ShuttingDown        this process drains and takes nothing new
    └── OperatorMustFix         stop and say what to do next
        ├── ConfigError         a setting is wrong; names the line and suggests the fix
        ├── MigrationError      the schema in the store is not one that we can use
        ├── StoreOwned          another process owns the folder of the embedded engine
        ├── NotFound            what was asked for is not in the store
        └── QueryError          a statement that the store refused; carries ClickHouse's code

`assay.otlp.answer` is the one table that turns the first two branches into gRPC codes and HTTP statuses.
"""


class AssayError(Exception):
    """Base of every error that Assay raises on purpose. The message is a sentence with the next step."""


class SenderMustChange(AssayError):
    """The request can never succeed as it is."""


class BadPayload(SenderMustChange):
    """The payload cannot be parsed as the OTLP request that it claims to be."""


class TooLarge(SenderMustChange):
    """The payload is over the size limit after decompression."""


class UnsupportedEncoding(SenderMustChange):
    """The content type or content encoding is not one of those that Assay speaks."""


class Unauthenticated(SenderMustChange):
    """The bearer token is missing or unknown."""


class Forbidden(SenderMustChange):
    """The caller is known but may not do this."""


class TryLater(AssayError):
    """Nothing is wrong with the request; send it again after `retry_after_ms`."""

    def __init__(self, message: str, *, retry_after_ms: int = 1_000) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms


class QueueFull(TryLater):
    """The bounded queue of unacknowledged bytes has no room."""


class RateLimited(TryLater):
    """The workspace is over its own limit."""


class StoreUnavailable(TryLater):
    """The store cannot take writes now."""


class ForwardUnavailable(TryLater):
    """The request is stored, and the endpoint that it is forwarded to does not take it now."""


class ShuttingDown(TryLater):
    """This process drains what it accepted and takes nothing new."""


class OperatorMustFix(AssayError):
    """Somebody who runs Assay has to change something."""


class ConfigError(OperatorMustFix):
    """A setting is wrong. The message names the setting, the line and a suggestion."""


class MigrationError(OperatorMustFix):
    """The schema in the store is newer than this program, or a migration was changed after it ran."""


class StoreOwned(OperatorMustFix):
    """Another process owns the folder of the embedded engine; use its door, or stop it."""


class NotFound(OperatorMustFix):
    """What was asked for is not in the store."""


class QueryError(OperatorMustFix):
    """The store refused a statement."""

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code
