"""Every value of the chart, once: `values.yaml` with its comments and `values.schema.json` are made from this.

A value's docstring is the line below it. `config` is Assay's own configuration (`assay.config.model`) and is not repeated here.
Free-form Kubernetes fields are passed on as they are; what is inside them is checked by Kubernetes.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Anything = dict[str, Any]


class Section(BaseModel):
    """Base of every section: unknown values are refused, field docstrings become comments."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, frozen=True, alias_generator=to_camel, populate_by_name=True
    )


class Image(Section):
    repository: str = Field(default="assay", min_length=1)
    """Where `deploy/docker` was pushed to."""
    tag: str = ""
    """Empty: the chart's appVersion, with `-server` for the image without the embedded engine (mode `server`)."""
    digest: str = Field(default="", pattern="^(sha256:[0-9a-f]{64})?$")
    """`sha256:...`; wins over the tag."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When the kubelet asks the registry."""


class SecretKey(Section):
    """One key of a Secret that exists already; the chart never makes one."""

    name: str = ""
    """Name of the Secret; empty: none."""
    key: str = Field(min_length=1)
    """Key in it."""


class DsnSecret(SecretKey):
    key: str = Field(default="dsn", min_length=1)
    """Key in it: `http(s)://user:password@host:8123/database`."""


class AnthropicSecret(SecretKey):
    key: str = Field(default="api-key", min_length=1)
    """Key in it."""


class ClickHouse(Section):
    dsn_secret: DsnSecret = DsnSecret()
    """Secret with the DSN, so that its password is in no ConfigMap, command line or environment. Must be set in mode `server`."""


class Token(Section):
    workspace: str = Field(min_length=1)
    """Workspace that the tokens belong to."""
    secret_name: str = Field(min_length=1)
    """Secret that holds them."""
    key: str = Field(min_length=1)
    """Key in it: one token a line. A changed Secret is read again without a restart."""
    reads: bool = False
    """Mode `embedded`: they are of those who read this workspace at the door, and no other one, not of senders. Where there is one, nobody reads without."""


class Tls(Section):
    secret_name: str = ""
    """Secret of type kubernetes.io/tls, with ca.crt as cert-manager writes it, for both OTLP listeners and the door; empty: plain text. Renewed certificates are read again."""
    client_ca: bool = False
    """Ask clients for certificates of `ca.crt` in that Secret (mTLS). The kubelet has none, so probes only see whether the port is open."""


class Door(Section):
    exposed: bool = False
    """Mode `embedded`: answer SQL in the cluster (port 8123 of the Service), not only inside the pod. Readers need no token: say who may in `networkPolicy.doorFrom`."""


class Resources(Section):
    model_config = ConfigDict(extra="allow")

    requests: Anything = {}
    """What the scheduler sets aside."""
    limits: Anything = {}
    """What must not be exceeded. Three quarters of `memory` become `receiver.max_memory_bytes` unless `config` sets it: senders are told to retry before the kernel kills."""


class Persistence(Section):
    enabled: bool = True
    """Without a volume everything is gone with the pod: for a try only."""
    size: str = Field(default="100Gi", pattern="^[0-9]+(\\.[0-9]+)?(Mi|Gi|Ti)$")
    """See Sizing in docs/operations.md."""
    storage_class: str = ""
    """Empty: the cluster's default class."""
    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod"] = "ReadWriteOnce"
    """The embedded folder belongs to one process."""
    annotations: dict[str, str] = {}
    """Of the claim."""


class Embedded(Section):
    persistence: Persistence = Persistence()
    """The volume at /var/lib/assay."""
    resources: Resources = Resources(requests={"cpu": "1", "memory": "4Gi"}, limits={"memory": "8Gi"})
    """Of the container that holds the engine and receives; it settles traces in a second process. The judges have a container of their own, see `scorer`."""


class Autoscaling(Section):
    enabled: bool = False
    """Let a HorizontalPodAutoscaler choose the number of receivers."""
    min_replicas: int = Field(default=2, ge=1)
    """Fewest receivers."""
    max_replicas: int = Field(default=10, ge=1)
    """Most receivers."""
    target_cpu_percent: int = Field(default=70, ge=1, le=100)
    """Of the requested CPU. Decoding is CPU; the store's limits show as refused requests, which more receivers do not cure."""


class Receiver(Section):
    replicas: int = Field(default=2, ge=1)
    """Receivers; they share nothing but the store."""
    autoscaling: Autoscaling = Autoscaling()
    """Instead of `replicas`."""
    max_unavailable: int | str = 1
    """Of the PodDisruptionBudget; it is left out where there is one receiver."""
    topology_spread_constraints: list[Anything] = [
        {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"},
        {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"},
    ]
    """The label selector is added."""
    resources: Resources = Resources(requests={"cpu": "1", "memory": "1Gi"}, limits={"memory": "3Gi"})
    """Of one receiver."""


class Scorer(Section):
    resources: Resources = Resources(requests={"cpu": "500m", "memory": "512Mi"}, limits={"memory": "2Gi"})
    """Of each of its two containers: `assay settle`, and the judges of `assay score`; in mode `embedded` of the container of the judges."""


class Migrations(Section):
    active_deadline_seconds: int = Field(default=600, ge=1)
    """Longest time that an install or upgrade waits for the schema."""
    backoff_limit: int = Field(default=3, ge=0)
    """Tries; every statement may be run again."""


class Service(Section):
    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    """A Service without an address (`<name>-headless`) is made as well, for gRPC clients that balance by themselves."""
    annotations: dict[str, str] = {}
    """Of the Service."""


class ServiceAccount(Section):
    create: bool = True
    """Make one; nothing is granted to it, and no pod mounts its token."""
    name: str = ""
    """Empty: the release's name, or `default` where none is made."""
    annotations: dict[str, str] = {}
    """For workload identity."""


class NetworkPolicy(Section):
    enabled: bool = True
    """Restrict what reaches the pods and what they reach."""
    otlp_from: list[Anything] = []
    """Peers that may send OTLP and read metrics; empty: everybody in the cluster."""
    door_from: list[Anything] = []
    """Peers that may ask SQL at the door; empty: nobody."""
    click_house_ports: list[int] = Field(default=[8123, 8443], alias="clickhousePorts")
    """Ports of ClickHouse that pods may reach in mode `server`."""
    extra_egress: list[Anything] = []
    """More rules, for instance of a forwarding target."""


class ServiceMonitor(Section):
    enabled: bool = False
    """For the Prometheus operator: scrape receivers and scorer."""
    interval: str = Field(default="30s", pattern="^[0-9]+(ms|s|m|h)$")
    """How often."""
    labels: dict[str, str] = {}
    """What your Prometheus selects monitors by."""


class PrometheusRule(Section):
    enabled: bool = False
    """For the Prometheus operator: the alert rules over Assay's own metrics, the same as in deploy/grafana/provisioning."""
    labels: dict[str, str] = {}
    """What your Prometheus selects rules by."""


class Dashboards(Section):
    enabled: bool = False
    """ConfigMaps for the dashboard sidecar of the Grafana chart."""
    labels: dict[str, str] = {"grafana_dashboard": "1"}
    """What the sidecar looks for."""
    annotations: dict[str, str] = {"grafana_folder": "Assay"}
    """Which folder it puts them into."""
    namespace: str = ""
    """Empty: the release's namespace."""


class Pod(Section):
    annotations: dict[str, str] = {}
    """Of every pod."""
    labels: dict[str, str] = {}
    """Of every pod."""
    node_selector: dict[str, str] = {}
    """Of every pod."""
    tolerations: list[Anything] = []
    """Of every pod."""
    affinity: Anything = {}
    """Of every pod."""
    priority_class_name: str = ""
    """Of every pod."""
    run_as_user: int = Field(default=65532, ge=1)
    """User and group of the process and of the volume; never root."""
    env: list[Anything] = []
    """More environment variables; `ASSAY_*` are settings and win over `config`."""


class Values(Section):
    """The whole chart."""

    mode: Literal["embedded", "server"] = "embedded"
    """`embedded`: one pod with the engine inside and a volume. `server`: receivers and a scorer in front of your ClickHouse."""
    name_override: str = ""
    """Instead of the chart's name."""
    fullname_override: str = ""
    """Instead of release and chart name."""
    image: Image = Image()
    """The image."""
    image_pull_secrets: list[Anything] = []
    """Secrets of the registry."""
    config: Anything = {}
    """Assay's settings, as in assay.yaml: docs/reference/configuration.md. Listeners bind every address of the pod unless said otherwise; the DSN comes from `clickhouse.dsnSecret`."""
    clickhouse: ClickHouse = ClickHouse()
    """Mode `server`: your ClickHouse."""
    tokens: list[Token] = []
    """Who may send, and to which workspace: `{workspace, secretName, key}`, with `reads: true` who may read it at the door. While there is none, everybody who reaches the Service may."""
    tls: Tls = Tls()
    """TLS of the listeners."""
    anthropic: AnthropicSecret = AnthropicSecret()
    """Secret with the key for judges that use Anthropic's API; the scorer reads it as a file."""
    door: Door = Door()
    """SQL over HTTP, mode `embedded`."""
    embedded: Embedded = Embedded()
    """Mode `embedded`."""
    receiver: Receiver = Receiver()
    """Mode `server`: what takes OTLP."""
    scorer: Scorer = Scorer()
    """What settles traces and builds rollups (mode `server`), and what judges."""
    migrations: Migrations = Migrations()
    """Mode `server`: the Job that brings the schema up to date before anything starts."""
    service: Service = Service()
    """Where senders send."""
    service_account: ServiceAccount = ServiceAccount()
    """Of every pod."""
    network_policy: NetworkPolicy = NetworkPolicy()
    """Who may talk to whom."""
    service_monitor: ServiceMonitor = ServiceMonitor()
    """Scraping."""
    prometheus_rule: PrometheusRule = PrometheusRule()
    """Alerts over Assay's own health."""
    dashboards: Dashboards = Dashboards()
    """Grafana."""
    pod: Pod = Pod()
    """What all pods have in common."""
