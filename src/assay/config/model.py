"""Every setting of Assay, once: the reference page, the Helm values schema and `assay config show` are made from it.

A setting's docstring is the line below it. Defaults are safe: loopback, bounded, no hosted service.
"""

from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

MIB = 1024 * 1024


class Section(BaseModel):
    """Base of every section: unknown keys refuse to start, and field docstrings become descriptions."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True, validate_default=True)


T = TypeVar("T")


def _named(values: dict[str, T]) -> dict[str, T]:
    """Empty means any, or all traffic, wherever a workspace or a label is asked for."""
    if "" in values:
        raise ValueError("a name must not be empty")
    return values


class Tls(Section):
    """TLS of a listener. Certificate files are read again when they change."""

    cert_file: str = ""
    """PEM certificate chain; empty turns TLS off."""
    key_file: str = ""
    """PEM private key."""
    client_ca_file: str = ""
    """PEM certificate authorities of clients; set it to require client certificates (mTLS)."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.key_file or self.client_ca_file) and not self.cert_file:
            raise ValueError("without cert_file there is no TLS, and nobody is asked for a certificate")
        return self


class Listener(Section):
    """An address that is listened on."""

    enabled: bool = True
    """Listen at all."""
    host: str = "127.0.0.1"
    """Address to bind; loopback unless told otherwise."""
    port: int = Field(ge=0, le=65535)
    """Port to bind; 0 picks a free one."""
    tls: Tls = Tls()
    """TLS settings of this listener."""


def _refuse_same(listener: Listener, others: dict[str, Listener]) -> None:
    for name, other in others.items():
        if (
            listener.enabled
            and other.enabled
            and listener.port
            and (listener.host, listener.port) == (other.host, other.port)
        ):
            raise ValueError(f"port {listener.port} is that of {name}. Choose another, or 0 for a free one")


class GrpcListener(Listener):
    """OTLP/gRPC."""

    port: int = Field(default=4317, ge=0, le=65535)
    """Port to bind; 0 picks a free one."""


class HttpListener(Listener):
    """OTLP/HTTP, health and metrics."""

    port: int = Field(default=4318, ge=0, le=65535)
    """Port to bind; 0 picks a free one."""


class DoorListener(Listener):
    """The ClickHouse HTTP protocol over the embedded engine. Ignored with a server DSN."""

    port: int = Field(default=8123, ge=0, le=65535)
    """Port to bind; 0 picks a free one."""
    write_token_file: str = ""
    """File with the token that may write; empty: a token is made beside the database, readable by its owner only."""
    max_execution_seconds: float = Field(default=30.0, gt=0)
    """Longest time that a reader's statement may run."""
    max_memory_bytes: int = Field(default=2048 * MIB, gt=0)
    """Most memory that a reader's statement may use."""
    max_result_rows: int = Field(default=1_000_000, gt=0)
    """Most rows that a reader's statement may return."""
    max_concurrent_readers: int = Field(default=8, gt=0)
    """Reader statements that run at once; more wait, then get code 202."""


class HealthListener(Listener):
    """Health and metrics of `assay settle`, which listens to nothing else. `assay serve` has both on `receiver.http`."""

    enabled: bool = False
    """Listen at all."""
    port: int = Field(default=4319, ge=0, le=65535)
    """Port to bind; 0 picks a free one."""


ContentPolicy = Literal["full", "redacted", "hashed", "none"]
EgressPolicy = Literal["full", "redacted", "none"]


class Workspace(Section):
    """A workspace and the bearer tokens that map to it."""

    content: ContentPolicy = "full"
    """What is kept of content, before it is stored: `full`; `redacted` takes out personal data and secrets; `hashed` keeps content comparable but unreadable; `none` takes it out."""
    content_by_route: dict[str, ContentPolicy] = {}
    """Another policy for some routes. A record whose route is not known gets the strictest of all policies here."""

    judges_get: EgressPolicy = "redacted"
    """What judges behind an endpoint are sent of this workspace's texts: `full`; `redacted` without personal data and secrets; `none`: such judges stay unscored there. Offline judges send nothing."""
    token_files: tuple[str, ...] = ()
    """Files with one token a line; read again when they change."""
    reader_token_files: tuple[str, ...] = ()
    """Files with the tokens of those who may read this workspace at the door, and no other one. Where any workspace has them, nobody reads without a token."""
    max_spans_per_second: float = Field(default=0.0, ge=0)
    """Limit of this workspace; 0 is unlimited. Over it senders are told to retry."""


class Receiver(Section):
    """What is accepted and how long it may wait."""

    grpc: GrpcListener = GrpcListener()
    """OTLP/gRPC listener."""
    http: HttpListener = HttpListener()
    """OTLP/HTTP listener."""
    max_request_bytes: int = Field(default=64 * MIB, gt=0)
    """Largest request after decompression."""
    queue_limit_bytes: int = Field(default=256 * MIB, gt=0)
    """Bytes that wait for the store; past this, senders are told to retry."""
    group_rows: int = Field(default=10_000, gt=0)
    """Rows after which a group is committed without waiting longer."""
    processes: int = Field(default=2, ge=0, le=64)
    """Processes that decode and check, each on a core; 0: a thread of the receiver does."""
    linger_ms: int = Field(default=50, ge=0)
    """Longest time that a request waits for others to share its commit."""
    writers: int = Field(default=2, ge=1, le=16)
    """Connections that commit groups at the same time."""
    max_parts: int = Field(default=300, gt=0)
    """Active parts of a table past which senders are told to retry."""
    max_memory_bytes: int = Field(default=6_144 * MIB, gt=0)
    """Resident memory of the process past which senders are told to retry."""
    drain_seconds: float = Field(default=20.0, ge=0)
    """Longest time that SIGTERM waits for what was accepted."""

    @field_validator("http")
    @classmethod
    def _is_not_grpc(cls, http: HttpListener, known: ValidationInfo) -> HttpListener:
        if "grpc" in known.data:
            _refuse_same(http, {"receiver.grpc": known.data["grpc"]})
        return http


class Forward(Section):
    """Processor mode: stored telemetry goes on to another OTLP endpoint, with labels on it."""

    endpoint: str = ""
    """OTLP/gRPC endpoint, `http://tempo:4317` or `https://...`; empty: nothing is forwarded."""
    name: str = Field(default="assay", min_length=1)
    """Marks what this deployment forwards; what comes in with it is refused as a loop. Deployments that follow each other need different names."""
    token_file: str = ""
    """File with the bearer token for the target."""
    ca_file: str = ""
    """PEM certificate authorities of the target; empty: those of the system."""
    timeout_seconds: float = Field(default=10.0, gt=0)
    """Longest time that the target may take for one request."""


class Retention(Section):
    """Days that each class of data is kept."""

    bodies_days: int = Field(default=30, gt=0, le=36_500)
    """Message texts, raw attributes and log records."""
    spans_days: int = Field(default=90, gt=0, le=36_500)
    """Canonical spans."""
    rollups_days: int = Field(default=730, gt=0, le=36_500)
    """Rollups."""
    findings_days: int = Field(default=365, gt=0, le=36_500)
    """Findings; their evidence expires with the bodies."""


class Store(Section):
    """Where the data lives."""

    dsn: str = ""
    """`chdb:///path` for the embedded engine or `http(s)://user:password@host:8123/database` for a server. Empty: `chdb://` in the data folder of the user."""
    dsn_file: str = ""
    """File that holds the DSN, so that its password is in no command line or environment."""
    database: str = "assay"
    """Database of the embedded engine; a server's is in its DSN."""
    cluster: str = ""
    """ClickHouse cluster name; set it to create replicated, sharded tables ON CLUSTER."""
    retention: Retention = Retention()
    """How long each class of data is kept."""
    max_threads: int = Field(default=2, ge=1)
    """Threads of a maintenance statement."""


class Settle(Section):
    """When a trace counts as settled, and how often settling runs."""

    quiet_seconds: float = Field(default=10.0, gt=0)
    """A trace is settled when nothing of it arrived for this long."""
    incomplete_seconds: float = Field(default=60.0, gt=0)
    """A trace whose root, or the parent of a span, is missing waits this long for it before checks look at it as a whole."""
    every_seconds: float = Field(default=5.0, gt=0)
    """How often settled traces are looked for."""
    rollup_every_seconds: float = Field(default=60.0, gt=0)
    """How often dirty rollup buckets are rebuilt."""
    http: HealthListener = HealthListener()
    """`/healthz`, `/readyz` and `/metrics` of `assay settle`; `assay serve` answers them on `receiver.http`."""


class JudgeHealthListener(HealthListener):
    """Health and metrics of `assay score`, which listens to nothing else. `assay serve` has both on `receiver.http`."""

    port: int = Field(default=4320, ge=0, le=65535)
    """Port to bind; 0 picks a free one."""


class AnthropicEndpoint(Section):
    """The Anthropic API, for judges whose model is `anthropic/...`."""

    api_key_file: str = ""
    """File with the API key; empty: nothing is sent, and such judges do not run. A key in the environment is not used."""
    base_url: str = ""
    """Another address that speaks the same protocol; empty: that of the SDK."""
    batches: bool = True
    """Ask for what is not urgent (no error, no negative feedback) by Message Batches: half the price, within a day."""


class OpenAIEndpoint(Section):
    """An endpoint that speaks the chat completions protocol, for judges whose model is `openai/...`."""

    base_url: str = ""
    """Such as `http://127.0.0.1:8000/v1`; empty: such judges do not run."""
    api_key_file: str = ""
    """File with the API key, where the endpoint wants one."""


LabelSource = Literal["expert", "corrected", "end_user"]


class Calibration(Section):
    """How far judges must agree with people before they may wake anybody, and how often that is looked at."""

    every_seconds: float = Field(default=300.0, gt=0)
    """How often labels and verdicts are compared; only what changed is written."""
    mcc: float = Field(default=0.6, ge=-1, le=1)
    """Lower bound of Matthews' correlation that opens a gate, where people say good or bad."""
    rank_correlation: float = Field(default=0.7, ge=-1, le=1)
    """Lower bound of Spearman's rank correlation that opens a gate, where people grade."""
    allowed_fall: float = Field(default=0.05, ge=0, le=1)
    """Agreement that falls by more than this on the same traces, beyond chance, suspends a gate."""
    sources: tuple[LabelSource, ...] = ("expert", "corrected")
    """Whose labels may open a gate: `expert`, `corrected` (by an expert who saw the verdict), `end_user`. The others are measured only."""


class Emit(Section):
    """Verdicts go on to another OTLP endpoint, as events `gen_ai.evaluation.result`."""

    endpoint: str = ""
    """`http://collector:4317`, or `https://...`; empty: nothing is sent."""
    protocol: Literal["grpc", "http"] = "grpc"
    """`http`: protobuf to `<endpoint>/v1/logs`."""
    headers_file: str = ""
    """File with headers for the target, one `name: value` a line, such as a token; read at start."""
    ca_file: str = ""
    """PEM certificate authorities of the target; empty: those of the system."""
    timeout_seconds: float = Field(default=10.0, gt=0)
    """Longest time that the target may take for one request."""


class Judges(Section):
    """Who scores settled traces, how often, and what that may cost."""

    enabled: tuple[str, ...] = ("*",)
    """Ids of judges that run; `*` stands for anything, as in `offline.*`."""
    disabled: tuple[str, ...] = ()
    """Ids of judges that do not run, whatever is enabled."""
    folder: str = ""
    """Folder with judges of your own, one Markdown file each; one with the id of the library's takes its place."""
    anthropic: AnthropicEndpoint = AnthropicEndpoint()
    """The Anthropic API."""
    openai: OpenAIEndpoint = OpenAIEndpoint()
    """Models of your own."""
    hourly_usd: float = Field(default=1.0, gt=0)
    """Most that all scorers spend in an hour of UTC; reserved before each call, so that it holds whatever is killed."""
    daily_usd: float = Field(default=10.0, gt=0)
    """Most that all scorers spend in a day of UTC."""
    offline_floor: float = Field(default=0.2, gt=0, le=1)
    """Least probability with which an offline judge sees a trace. They cost no money, only time."""
    concurrency: int = Field(default=8, ge=1, le=256)
    """Calls to one endpoint at the same time."""
    calls_per_minute: int = Field(default=0, ge=0)
    """Most calls to one endpoint in a minute; 0: as many as it takes."""
    timeout_seconds: float = Field(default=60.0, gt=0)
    """Longest time that one call may take."""
    input_characters: int = Field(default=24_000, ge=500)
    """Longest text of one input that leaves; of longer ones the middle is cut out."""
    every_seconds: float = Field(default=5.0, gt=0)
    """How often settled traces are looked for."""
    lookback_hours: float = Field(default=24.0, gt=0)
    """A judge that is new starts with traces that were settled this long ago."""
    give_up_seconds: float = Field(default=21_600.0, gt=0)
    """A trace that no endpoint would judge for this long is stored as unscored (`unavailable`)."""
    ordinal: int = Field(default=0, ge=0, le=63)
    """Which of the scorers this one is, from 0. Each looks at its own traces and has its share of the budget."""
    scorers: int = Field(default=1, ge=1, le=64)
    """How many scorers there are."""
    calibration: Calibration = Calibration()
    """How judges are measured against people."""
    emit: Emit = Emit()
    """Where verdicts go on to, besides the store."""
    http: JudgeHealthListener = JudgeHealthListener()
    """`/healthz`, `/readyz` and `/metrics` of `assay score`."""


class Rule(Section):
    """A check from configuration alone; it is called `rule.<id>` in findings."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    """Its name: small letters, digits, `-` and `_`."""
    version: int = Field(default=1, ge=1, le=65535)
    """Raise it when you change the rule, so that findings of before and after can be told apart."""
    services: tuple[str, ...] = ()
    """Services that it holds for; empty: all."""
    routes: tuple[str, ...] = ()
    """Values of the column `route` that it holds for; empty: all."""
    prompts: tuple[str, ...] = ()
    """Names of prompt templates that it holds for; empty: all."""
    severity: Literal["", "info", "warning", "error"] = ""
    """Empty: what the taxonomy says."""


class BannedPhrases(Rule):
    """What no answer may say."""

    phrases: tuple[str, ...] = Field(min_length=1)
    """Whole words, in any case and with any white space between them."""


class RequiredDisclaimer(Rule):
    """What every answer must say."""

    any_of: tuple[str, ...] = Field(min_length=1)
    """One of these texts must be in the answer, in any case and with any white space between its words."""


class LengthBounds(Rule):
    """How long an answer may be."""

    min_characters: int = Field(default=0, ge=0)
    """Fewest characters; 0: any."""
    max_characters: int = Field(default=0, ge=0)
    """Most characters; 0: any."""


class JsonSchema(Rule):
    """What answers that are JSON must look like, also where the request did not say so."""

    schema_file: str = ""
    """File with a JSON Schema."""
    inline_schema: str = ""
    """The schema itself, as JSON text, instead of a file."""


class Limits(Rule):
    """How slow and how dear a call may be."""

    stages: tuple[str, ...] = ("generation",)
    """Stages that it holds for."""
    max_duration_ms: float = Field(default=0.0, ge=0)
    """Longest duration; 0: any."""
    max_first_token_ms: float = Field(default=0.0, ge=0)
    """Latest first token; 0: any."""
    max_cost_usd: float = Field(default=0.0, ge=0)
    """Highest cost of one call; 0: any."""


class Checks(Section):
    """What spans are checked for, before they are stored."""

    enabled: tuple[str, ...] = ("*",)
    """Ids of checks that run; `*` stands for anything, as in `safety.*`."""
    disabled: tuple[str, ...] = ()
    """Ids of checks that do not run, whatever is enabled."""
    files: tuple[str, ...] = ()
    """Python files with checks of your own in `CHECKS`. Installed packages add theirs as entry points of the group `assay.checks`."""
    banned_phrases: tuple[BannedPhrases, ...] = ()
    """What answers may not say."""
    required_disclaimers: tuple[RequiredDisclaimer, ...] = ()
    """What answers must say."""
    length_bounds: tuple[LengthBounds, ...] = ()
    """How long answers may be."""
    json_schemas: tuple[JsonSchema, ...] = ()
    """What answers must look like."""
    limits: tuple[Limits, ...] = ()
    """How slow and how dear calls may be."""


HIGHEST_PRICE = 1e6
"""A dollar a token: what costs more, or infinitely much, no decimal sum can hold."""


class Price(Section):
    """A price that overrides `genai-prices`, in US dollars per million tokens."""

    provider: str = ""
    """Provider name; empty matches any."""
    model: str
    """Exact model name."""
    input_usd_per_mtok: float = Field(ge=0, le=HIGHEST_PRICE)
    """Uncached input."""
    output_usd_per_mtok: float = Field(ge=0, le=HIGHEST_PRICE)
    """Output."""
    cache_read_usd_per_mtok: float | None = Field(default=None, ge=0, le=HIGHEST_PRICE)
    """Cache reads; the input price where it is not set."""
    cache_write_usd_per_mtok: float | None = Field(default=None, ge=0, le=HIGHEST_PRICE)
    """Cache writes; the input price where it is not set."""


class Mapping(Section):
    """Which attribute keys carry what the conventions have no name for. Span attributes win over resource attributes."""

    cohort: dict[str, tuple[str, ...]] = {
        "locale": ("locale", "user.locale", "browser.language"),
        "release": ("app.release", "langfuse.release", "service.version"),
        "segment": ("user.segment", "segment", "customer.tier"),
        "tenant": ("tenant.id", "tenant", "enduser.tenant"),
    }
    """Cohort label to the attribute keys that may carry it, first one wins. `feature_flag.*` is always read."""
    feature: tuple[str, ...] = ("app.feature", "feature", "feature.name")
    """Keys of the product feature."""
    route: tuple[str, ...] = ("http.route", "app.route", "route")
    """Keys of the route."""
    intent: tuple[str, ...] = ("app.intent", "intent", "intent.name")
    """Keys of the intent."""
    outcome: tuple[str, ...] = ("app.outcome", "outcome", "task.outcome", "assay.outcome")
    """Keys of the final outcome."""
    request_id: tuple[str, ...] = ("http.request.header.x-request-id", "request.id", "request_id", "http.request_id")
    """Keys of the request id."""

    _cohort_is_named = field_validator("cohort")(_named)


class Config(Section):
    """The whole configuration."""

    receiver: Receiver = Receiver()
    """The OTLP endpoint."""
    store: Store = Store()
    """The store."""
    door: DoorListener = DoorListener()
    """The ClickHouse HTTP protocol over the embedded engine."""
    forward: Forward = Forward()
    """Processor mode."""
    settle: Settle = Settle()
    """Settling and rollups."""
    checks: Checks = Checks()
    """What spans are checked for."""
    judges: Judges = Judges()
    """Judges of settled traces."""
    workspaces: dict[str, Workspace] = {"default": Workspace()}
    """Workspaces by name. While none has a token file, requests need no token and go to `default`."""
    mapping: Mapping = Mapping()
    """Attribute keys of labels that have no convention."""
    prices: tuple[Price, ...] = ()
    """Price overrides."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe log line that is printed."""

    _workspaces_are_named = field_validator("workspaces")(_named)

    @field_validator("door")
    @classmethod
    def _is_no_receiver(cls, door: DoorListener, known: ValidationInfo) -> DoorListener:
        receiver, store = known.data.get("receiver"), known.data.get("store")
        if receiver and store and not store.dsn_file and (store.dsn or "chdb:").startswith("chdb:"):
            _refuse_same(door, {"receiver.grpc": receiver.grpc, "receiver.http": receiver.http})
        return door
