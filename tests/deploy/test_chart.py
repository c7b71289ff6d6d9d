"""The chart with the real Helm: what it renders is valid, safe and what Assay accepts; what is wrong is refused with a sentence."""

import os
import re
import subprocess
import sys
import tomllib
from functools import cache, partial
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import trustme
import yaml

from assay.app.run import running
from assay.cli.main import main
from assay.clock import SystemClock
from assay.config.model import Config
from assay.telemetry.names import METRICS
from tests.deploy.chart_values import BAD, EXAMPLES, GOOD, SERVER
from tests.tools import collector, go_build, go_install, require

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(1_800)
"""The first run builds Helm from its Go module."""

CHART = ROOT / "deploy" / "helm" / "assay"
HELM = "helm.sh/helm/v4/cmd/helm@v4.3.1"
KUBERNETES = ("1.30", "1.34", "1.37")
OPERATOR = "monitoring.coreos.com/v1"


@pytest.fixture(scope="module")
def helm(tmp_path_factory):
    """Run the real Helm, in a home of its own."""
    program = require(partial(go_install, HELM))
    home = tmp_path_factory.mktemp("helm-home")
    folder = tmp_path_factory.mktemp("values")

    @cache
    def run(*arguments, values=""):
        file = folder / "values.yaml"
        file.write_text(values, encoding="utf-8")
        environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
        command = [str(program), *arguments, "--values", str(file)]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    return run


@pytest.fixture
def rendered(helm):
    """The documents of one set of values."""

    def render(values: dict[str, Any]) -> list[dict[str, Any]]:
        done = helm("template", "prod", str(CHART), "--namespace", "obs", values=yaml.safe_dump(values))
        assert done.returncode == 0, done.stderr
        return [document for document in yaml.safe_load_all(done.stdout) if document]

    return render


def of_kind(documents, *kinds):
    return [one for one in documents if one["kind"] in kinds]


def pods(documents):
    """Kind and pod specification of everything that runs."""
    for one in documents:
        if one["kind"] == "Pod":
            yield one["kind"], one["spec"]
        elif one["kind"] in {"StatefulSet", "Deployment", "Job"}:
            yield one["kind"], one["spec"]["template"]["spec"]


def configuration(documents):
    """The text of the ConfigMap that pods mount."""
    texts = {one["data"]["assay.yaml"] for one in of_kind(documents, "ConfigMap") if "assay.yaml" in one["data"]}
    assert len(texts) == 1, "the migration Job and the programs must read the same settings"
    return texts.pop()


def test_there_are_enough_sets():
    assert len(GOOD) >= 12


@pytest.mark.parametrize("name", GOOD)
def test_lint_is_strict(helm, name):
    done = helm("lint", "--strict", str(CHART), values=yaml.safe_dump(GOOD[name]))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", GOOD)
def test_every_document_is_valid_kubernetes(rendered, name):
    documents = rendered(GOOD[name])
    for document in documents:
        if document["apiVersion"] != OPERATOR:
            for version in KUBERNETES:
                kubernetes_validate.validate(document, version, strict=True)
    names = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in documents]
    assert len(names) == len(set(names))
    assert all(len(name) <= 63 for _, _, name in names)


def test_a_field_that_kubernetes_does_not_know_is_found(rendered):
    """The validator itself: a test that could not fail would prove nothing."""
    document = of_kind(rendered({}), "StatefulSet")[0]
    document["spec"]["replica"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, KUBERNETES[0], strict=True)


def test_documents_of_the_operator_fit_its_types_and_their_expressions_parse(rendered):
    program = require(partial(go_build, Path(__file__).parent / "operator_go"))

    def judged(documents):
        text = "\n---\n".join(yaml.safe_dump(one) for one in documents)
        return subprocess.run([str(program)], input=text, capture_output=True, text=True, check=False)

    found = [one for values in GOOD.values() for one in rendered(values) if one["apiVersion"] == OPERATOR]
    assert {one["kind"] for one in found} == {"ServiceMonitor", "PrometheusRule"}
    done = judged(found)
    assert done.returncode == 0, done.stdout

    rule = of_kind(found, "PrometheusRule")[0]
    rule["spec"]["groups"][0]["rules"][0]["expr"] = "sum(rate(x[5m])"
    assert judged([rule]).returncode == 1
    monitor = of_kind(found, "ServiceMonitor")[0]
    monitor["spec"]["endpoint"] = []
    assert judged([monitor]).returncode == 1


def test_rules_ask_for_metrics_that_exist(rendered):
    rules = of_kind(rendered(SERVER | {"prometheusRule": {"enabled": True}}), "PrometheusRule")[0]["spec"]["groups"][0][
        "rules"
    ]
    asked = {name for rule in rules for name in re.findall(r"assay_\w+", rule["expr"])}
    assert {name.removesuffix("_bucket") for name in asked} <= METRICS.keys()
    assert not [rule for rule in rules if "$values" in str(rule)]


@pytest.mark.parametrize("name", GOOD)
def test_the_rendered_settings_are_accepted(rendered, name, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("ASSAY_CONFIG", raising=False)
    # What a pod has mounted below /etc/assay.
    etc = tmp_path / "etc"
    text = configuration(rendered(GOOD[name])).replace("/etc/assay/", f"{etc}/")
    for mounted in re.findall(rf"{etc}/[\w./-]+", text):
        Path(mounted).parent.mkdir(parents=True, exist_ok=True)
        Path(mounted).write_text(f"{mounted[-40:]}-0123456789\n", encoding="utf-8")
    if (etc / "tls").exists():
        authority = trustme.CA()
        pair = authority.issue_cert("assay.example.com")
        pair.private_key_pem.write_to_path(etc / "tls" / "tls.key")
        pair.cert_chain_pems[0].write_to_path(etc / "tls" / "tls.crt")
        authority.cert_pem.write_to_path(etc / "tls" / "ca.crt")
    if (etc / "dsn").exists():
        Path(next((etc / "dsn").iterdir())).write_text("http://assay:secret@clickhouse:8123/assay\n", encoding="utf-8")
    file = tmp_path / "assay.yaml"
    file.write_text(text, encoding="utf-8")
    code = main(["config", "check", *_place(file)])
    assert code == 0, capsys.readouterr().err
    assert "The settings are fine" in capsys.readouterr().out


def _place(file):
    return ["--config", str(file)]


def test_large_numbers_stay_whole(rendered):
    """Helm reads numbers as floats; 134217728 must not become 1.34217728e+08, which is no whole number for every reader."""
    text = configuration(rendered(GOOD["everything on, with settings of every section"]))
    assert "max_request_bytes: 134217728\n" in text
    assert "quiet_seconds: 12.5\n" in text


@pytest.mark.parametrize("name", BAD)
def test_wrong_values_are_refused_with_a_sentence(helm, name):
    values, sentence = BAD[name]
    done = helm("template", "prod", str(CHART), values=yaml.safe_dump(values))
    assert done.returncode != 0
    assert sentence in done.stderr, done.stderr


@pytest.mark.parametrize("name", GOOD)
def test_pods_run_without_privileges(rendered, name):
    found = list(pods(rendered(GOOD[name])))
    assert found
    for _, pod in found:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True,
                "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip
            writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
            assert writable <= {"/tmp", "/var/lib/assay"}
            assert {mount["name"] for mount in container["volumeMounts"]} <= {
                volume["name"] for volume in pod["volumes"]
            } | {"data"}


@pytest.mark.parametrize("name", GOOD)
def test_programs_have_probes_and_time_to_end(rendered, name):
    documents = rendered(GOOD[name])
    drain = (yaml.safe_load(configuration(documents)).get("receiver") or {}).get(
        "drain_seconds", Config().receiver.drain_seconds
    )
    programs = [pod for kind, pod in pods(documents) if kind in {"StatefulSet", "Deployment"}]
    assert len(programs) == (2 if GOOD[name].get("mode") == "server" else 1)
    for pod in programs:
        container = pod["containers"][0]
        # Listeners, queue and upkeep may each take drain_seconds, one after the other.
        assert pod["terminationGracePeriodSeconds"] > 3 * drain + 5
        probes = {
            probe: container[probe].get("httpGet", {}).get("path") for probe in ("livenessProbe", "readinessProbe")
        }
        if (GOOD[name].get("tls") or {}).get("clientCa") and container["name"] != "scorer":
            assert probes == {"livenessProbe": None, "readinessProbe": None}
        else:
            assert probes == {"livenessProbe": "/healthz", "readinessProbe": "/readyz"}


@pytest.mark.parametrize("name", GOOD)
def test_services_reach_the_ports_that_the_settings_open(rendered, name):
    documents = rendered(GOOD[name])
    settings = Config.model_validate(yaml.safe_load(configuration(documents)))
    wanted = {settings.receiver.http.port} | (
        {settings.receiver.grpc.port} if settings.receiver.grpc.enabled else set()
    )
    if settings.door.host == "0.0.0.0":
        wanted.add(settings.door.port)
    if GOOD[name].get("mode") != "server":
        wanted.add(settings.judges.http.port)
    labels_of = [
        (one["spec"]["template"]["metadata"]["labels"], one["spec"]["template"]["spec"]["containers"])
        for one in of_kind(documents, "StatefulSet", "Deployment")
    ]
    for service in of_kind(documents, "Service"):
        selector = service["spec"]["selector"].items()
        behind = [containers for labels, containers in labels_of if selector <= labels.items()]
        assert len(behind) == 1, service["metadata"]["name"]
        ports = {port["name"]: port["containerPort"] for container in behind[0] for port in container["ports"]}
        opened = {ports[port["targetPort"]] for port in service["spec"]["ports"]}
        upkeep = {settings.settle.http.port, settings.judges.http.port}
        assert opened == (upkeep if behind[0][0]["name"] == "scorer" else wanted)


def test_secrets_are_mounted_and_in_no_text(helm, rendered):
    documents = rendered(GOOD["server, mTLS and two workspaces"])
    assert not of_kind(documents, "Secret")
    settings = Config.model_validate(yaml.safe_load(configuration(documents)))
    assert settings.workspaces["a"].token_files == ("/etc/assay/tokens/0/tokens", "/etc/assay/tokens/1/list")
    assert settings.workspaces["a"].max_spans_per_second == 500
    for kind, pod in pods(documents):
        if kind == "Deployment":
            container = pod["containers"][0]
            paths = {
                f"{mount['mountPath']}/{item['path']}"
                for mount in container["volumeMounts"]
                for volume in pod["volumes"]
                if volume["name"] == mount["name"] and "secret" in volume
                for item in volume["secret"].get("items", [{"path": ""}])
            }
            files = {file for workspace in settings.workspaces.values() for file in workspace.token_files}
            assert paths == files | {settings.store.dsn_file, "/etc/assay/tls/"}


def test_judges_run_and_read_their_key_as_a_file(rendered):
    for values in (
        GOOD["no account, Anthropic, load balancer"],
        SERVER | {"anthropic": {"name": "anthropic", "key": "key"}},
    ):
        documents = rendered(values)
        settings = Config.model_validate(yaml.safe_load(configuration(documents)))
        assert settings.judges.anthropic.api_key_file == "/etc/assay/anthropic/key"
        judging = [
            container for _, pod in pods(documents) for container in pod["containers"] if container["args"] == ["score"]
        ]
        assert len(judging) == 1
        reading = [
            container
            for _, pod in pods(documents)
            for container in pod["containers"]
            if "/etc/assay/anthropic" in {mount["mountPath"] for mount in container["volumeMounts"]}
        ]
        assert reading == judging
        keys = [
            one
            for _, pod in pods(documents)
            for c in pod["containers"]
            for one in c["env"]
            if "ANTHROPIC" in one["name"]
        ]
        assert not keys


def test_readers_of_the_door_are_kept_to_workspaces(rendered):
    documents = rendered(GOOD["embedded, readers of two workspaces"])
    workspaces = Config.model_validate(yaml.safe_load(configuration(documents))).workspaces
    assert workspaces["a"].token_files == ("/etc/assay/tokens/0/senders",)
    assert workspaces["a"].reader_token_files == ("/etc/assay/tokens/1/readers",)
    assert workspaces["b"].reader_token_files == ("/etc/assay/tokens/2/readers",)
    assert workspaces["b"].token_files == ()


def test_memory_is_bounded_below_what_the_kernel_kills_at(rendered):
    documents = rendered({"embedded": {"resources": {"limits": {"memory": "2Gi"}}}})
    assert yaml.safe_load(configuration(documents))["receiver"]["max_memory_bytes"] == 3 * 2**31 // 4
    asked = rendered({"config": {"receiver": {"max_memory_bytes": 1}}})
    assert yaml.safe_load(configuration(asked))["receiver"]["max_memory_bytes"] == 1


def test_the_schema_is_up_to_date_before_anything_starts(rendered):
    documents = rendered(SERVER)
    hooks = {
        one["kind"]: one["metadata"]["annotations"]
        for one in documents
        if "helm.sh/hook" in one["metadata"].get("annotations", {})
    }
    assert {"Job", "ConfigMap"} <= hooks.keys()
    assert hooks["Job"]["helm.sh/hook"] == hooks["ConfigMap"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert int(hooks["ConfigMap"]["helm.sh/hook-weight"]) < int(hooks["Job"]["helm.sh/hook-weight"])
    job = of_kind(documents, "Job")[0]["spec"]["template"]["spec"]
    assert job["containers"][0]["args"] == ["migrate"]
    # The release's own account and ConfigMap are not there yet.
    assert "serviceAccountName" not in job
    assert {volume["configMap"]["name"] for volume in job["volumes"] if "configMap" in volume} == {"prod-assay-migrate"}


def test_images(rendered):
    def image(values):
        return {pod["containers"][0]["image"] for _, pod in pods(rendered(values))}

    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == version
    assert image({}) == {f"assay:{version}"}
    assert image(SERVER) == {f"assay:{version}-server"}
    assert image(SERVER | {"image": {"tag": "x"}}) == {"assay:x"}


def test_notes_print_the_exporter_that_the_example_has(helm):
    values = SERVER | {"tls": {"secretName": "t"}, "config": {"receiver": {"grpc": {"port": 5555}}}}
    done = helm("install", "prod", str(CHART), "--namespace", "obs", "--dry-run=client", values=yaml.safe_dump(values))
    assert done.returncode == 0, done.stderr
    notes = done.stdout[done.stdout.index("NOTES:") :]
    printed = yaml.safe_load(notes[notes.index("\nextensions:") :])
    example = yaml.safe_load((ROOT / "collector-config.yaml").read_text(encoding="utf-8"))
    exporter = example["exporters"]["otlp/assay"]
    exporter["endpoint"] = "prod-assay.obs.svc:5555"
    exporter["tls"]["insecure"] = False
    assert printed["exporters"] == {"otlp/assay": exporter}
    assert printed["extensions"] == {"file_storage/assay": example["extensions"]["file_storage/assay"]}


def test_the_snippet_for_the_collectors_chart_is_a_configuration_that_the_collector_takes(tmp_path):
    program = require(collector)
    snippet = yaml.safe_load((EXAMPLES / "collector-chart.yaml").read_text(encoding="utf-8"))["config"]
    example = yaml.safe_load((ROOT / "collector-config.yaml").read_text(encoding="utf-8"))
    # What the official chart has by default, as far as the snippet leans on it.
    merged = {
        "receivers": example["receivers"], "processors": example["processors"],
        "extensions": {"health_check": {}} | snippet["extensions"], "exporters": {"debug": {}} | snippet["exporters"],
        "service": {"extensions": snippet["service"]["extensions"], "pipelines": {
            name: {"receivers": ["otlp"], "processors": ["memory_limiter"]} | pipeline
            for name, pipeline in snippet["service"]["pipelines"].items()}},
    }  # fmt: skip
    queue = str(tmp_path / "queue")
    storage = merged["extensions"]["file_storage/assay"]
    storage["directory"] = storage["compaction"]["directory"] = queue
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(merged), encoding="utf-8")
    done = subprocess.run([str(program), "validate", f"--config={file}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_test_pod_tells_a_receiver_from_a_closed_door(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("right-token-0123456789\n", encoding="utf-8")
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong-token-0123456789\n", encoding="utf-8")
    config = Config.model_validate(
        {
            "store": {"dsn": f"chdb://{tmp_path / 'db'}"},
            "door": {"enabled": False},
            "receiver": {"grpc": {"enabled": False}, "http": {"port": 0}},
            "workspaces": {"default": {"token_files": [str(tokens)]}},
        }
    )
    script = (CHART / "files" / "send.py").read_text(encoding="utf-8")

    def send(port, token_file):
        environment = {"URL": f"http://127.0.0.1:{port}", "TOKEN_FILE": str(token_file), "PATH": os.environ["PATH"]}
        return subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
        )

    with running(config, clock=SystemClock()) as now:
        done = send(now.http_port, tokens)
        assert done.returncode == 0, done.stderr
        assert "/v1/traces 200" in done.stdout
        assert "401" in send(now.http_port, wrong).stderr
    assert send(now.http_port, tokens).returncode != 0


def test_generated_files_are_up_to_date():
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "helm" / "chart.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
