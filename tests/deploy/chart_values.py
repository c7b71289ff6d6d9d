"""Sets of values that the chart must render, and sets that it must refuse."""

from pathlib import Path
from typing import Any

import yaml

EXAMPLES = Path(__file__).resolve().parents[2] / "deploy" / "helm" / "examples"

SERVER: dict[str, Any] = {"mode": "server", "clickhouse": {"dsnSecret": {"name": "ch"}}}

GOOD: dict[str, dict[str, Any]] = {
    "defaults": {},
    **{
        f"example {file.stem}": yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in sorted(EXAMPLES.glob("*.yaml"))
        if file.stem != "collector-chart"
    },
    "server, bare": SERVER,
    "server, one receiver": SERVER | {"receiver": {"replicas": 1, "topologySpreadConstraints": [], "resources": {"limits": None}}},
    "server, mTLS and two workspaces": SERVER
    | {
        "tls": {"secretName": "tls", "clientCa": True},
        "tokens": [
            {"workspace": "a", "secretName": "a-1", "key": "tokens"},
            {"workspace": "a", "secretName": "a-2", "key": "list"},
            {"workspace": "b", "secretName": "b", "key": "tokens"},
        ],
        "config": {"workspaces": {"a": {"max_spans_per_second": 500}}},
        "serviceMonitor": {"enabled": True, "interval": "10s"},
    },
    "embedded, readers of two workspaces": {
        "door": {"exposed": True},
        "tokens": [
            {"workspace": "a", "secretName": "a", "key": "senders"},
            {"workspace": "a", "secretName": "a", "key": "readers", "reads": True},
            {"workspace": "b", "secretName": "b", "key": "readers", "reads": True},
        ],
    },
    "other ports": {
        "config": {"receiver": {"grpc": {"port": 14317}, "http": {"port": 14318}}, "door": {"port": 18123}},
        "door": {"exposed": True},
    },
    "HTTP only": {"config": {"receiver": {"grpc": {"enabled": False}, "drain_seconds": 7.5}}},
    "everything of a pod": {
        "pod": {
            "annotations": {"a": "b"}, "labels": {"team": "llm"}, "nodeSelector": {"disk": "nvme"},
            "tolerations": [{"key": "x", "operator": "Exists"}], "priorityClassName": "high", "runAsUser": 1234,
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "arch", "operator": "In", "values": ["amd64"]}]}]}}},
            "env": [{"name": "ASSAY_LOG_LEVEL", "value": "debug"}],
        },
        "imagePullSecrets": [{"name": "registry"}],
        "image": {"repository": "registry.internal:5000/assay", "digest": "sha256:" + "0" * 64},
    },
    "names": {"nameOverride": "tracer", "fullnameOverride": "a-very-long-name-that-leaves-little-room-for-what-comes-behind-it"},
    "no account, Anthropic, load balancer": {
        "serviceAccount": {"create": False, "name": "shared"},
        "anthropic": {"name": "anthropic", "key": "key"},
        "service": {"type": "LoadBalancer", "annotations": {"internal": "true"}},
    },
    "everything on, with settings of every section": SERVER
    | {
        "receiver": {"autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 3}, "maxUnavailable": "25%"},
        "serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True},
        "dashboards": {"enabled": True, "namespace": "grafana", "annotations": {}},
        "networkPolicy": {"otlpFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "extraEgress": [{"ports": [{"port": 4317}]}]},
        "config": {
            "log_level": "warning",
            "receiver": {"max_request_bytes": 134_217_728, "queue_limit_bytes": 1_073_741_824, "linger_ms": 20},
            "store": {"cluster": "main", "retention": {"rollups_days": 365}},
            "settle": {"http": {"port": 9000}, "quiet_seconds": 12.5},
            "mapping": {"cohort": {"plan": ["app.plan", "plan"]}},
            "prices": [{"model": "own-7b", "input_usd_per_mtok": 0.05, "output_usd_per_mtok": 0.2}],
        },
    },
}  # fmt: skip

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown value": ({"recevier": {"replicas": 3}}, "additional properties 'recevier' not allowed"),
    "an unknown setting": ({"config": {"receiver": {"grpc": {"prot": 1}}}}, "'/config/receiver/grpc': additional properties 'prot' not allowed"),
    "a setting of another type": ({"config": {"receiver": {"linger_ms": "soon"}}}, "'/config/receiver/linger_ms': got string, want integer"),
    "a setting out of range": ({"config": {"receiver": {"grpc": {"port": 70000}}}}, "'/config/receiver/grpc/port': maximum: got 70,000, want 65,535"),
    "a level that is none": ({"config": {"log_level": "loud"}}, "'/config/log_level': value must be one of 'debug', 'info', 'warning', 'error'"),
    "an unknown mode": ({"mode": "cluster"}, "'/mode': value must be one of 'embedded', 'server'"),
    "server without a DSN": ({"mode": "server"}, "'/clickhouse/dsnSecret/name': minLength: got 0, want 1"),
    "a DSN in the open": ({"config": {"store": {"dsn": "http://u:p@h/d"}}}, "config.store.dsn: the DSN of mode `server` belongs into a Secret"),
    "no probes": ({"config": {"receiver": {"http": {"enabled": False}}}}, "config.receiver.http.enabled: probes and metrics need this listener"),
    "client certificates without TLS": ({"tls": {"clientCa": True}}, "tls.clientCa: client certificates need TLS"),
    "root": ({"pod": {"runAsUser": 0}}, "'/pod/runAsUser': minimum: got 0, want 1"),
    "a digest that is none": ({"image": {"digest": "latest"}}, "'/image/digest': 'latest' does not match pattern"),
    "a size without a unit": ({"embedded": {"persistence": {"size": "100"}}}, "'/embedded/persistence/size': '100' does not match pattern"),
    "a reader of a server": (SERVER | {"tokens": [{"workspace": "a", "secretName": "a", "key": "k", "reads": True}]}, "tokens[0].reads: there is no door in mode `server`."),
    "a token without a Secret": ({"tokens": [{"workspace": "a", "key": "k"}]}, "'/tokens/0': missing property 'secretName'"),
    "memory in an odd unit": ({"embedded": {"resources": {"limits": {"memory": "4Gb"}}}}, "resources.limits.memory: 4Gb: write it with Mi or Gi"),
    "autoscaling upside down": (SERVER | {"receiver": {"autoscaling": {"enabled": True, "minReplicas": 9, "maxReplicas": 3}}}, "receiver.autoscaling: minReplicas is greater than maxReplicas"),
}  # fmt: skip
