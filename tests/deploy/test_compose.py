"""What lies beside the images and is not run here: the laptop's compose file, and files for an administrator of ClickHouse."""

import xml.etree.ElementTree as ET
from pathlib import Path

import yaml

from assay.config.load import load_config
from assay.store.migrate import render
from assay.store.store import open_store

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy" / "docker" / "compose.yaml"


def services():
    return yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]


def test_everything_that_is_mounted_is_there():
    volumes = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["volumes"]
    mounts = [mount for service in services().values() for mount in service.get("volumes", ())]
    assert len(mounts) >= 6
    for mount in mounts:
        source = mount.split(":")[0]
        assert (COMPOSE.parent / source).exists() if source.startswith(".") else source in volumes, mount


def test_every_image_has_an_exact_version_and_every_port_is_on_loopback():
    for name, service in services().items():
        tag = service["image"].rpartition(":")[2]
        assert tag[0].isdigit(), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name


def test_the_environment_of_assay_is_made_of_settings():
    environment = services()["assay"]["environment"]
    config = load_config(environment=environment).config
    assert config.store.dsn.startswith("http://")
    assert config.receiver.grpc.host == config.receiver.http.host == "0.0.0.0"
    # SIGTERM may take as long as listeners, queue and upkeep together.
    assert int(services()["assay"]["stop_grace_period"].rstrip("s")) > 3 * config.receiver.drain_seconds


def test_statements_for_an_administrator_are_ones_that_clickhouse_reads(tmp_path):
    """Their syntax only: the embedded engine has no users."""
    text = (ROOT / "src" / "assay" / "store" / "operator_users.sql").read_text(encoding="utf-8")
    statements = render(text, "")
    assert len(statements) == 10
    store = open_store(load_config(flags={"store.dsn": f"chdb://{tmp_path / 'db'}"}).config.store)
    try:
        read = [
            store.rows("SELECT formatQuerySingleLine({sql:String}) AS sql", {"sql": one})[0]["sql"]
            for one in statements
        ]
    finally:
        store.close()
    limits = next(sql for sql in read if "SETTINGS PROFILE" in sql and sql.startswith("CREATE SETTINGS"))
    # 0 means "no limit" and is below every maximum.
    assert limits.count(" MIN 1 MAX ") == 4


def test_logs_of_clickhouse_end():
    root = ET.parse(ROOT / "deploy" / "clickhouse" / "system-logs.xml").getroot()
    assert len(root) >= 8
    for table in root:
        assert table.get("remove") == "1" or "INTERVAL" in (table.findtext("ttl") or ""), table.tag
