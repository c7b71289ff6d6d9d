"""Configuration: sources, precedence, and errors that name setting, place and the nearest name."""

import ipaddress
from pathlib import Path

import pytest

from assay.config.load import load_config, mask_dsn, masked, settings_below
from assay.config.model import Config, Store
from assay.config.reference import page, settings
from assay.errors import ConfigError
from assay.store.dsn import parse_dsn


def written(folder: Path, text: str) -> Path:
    file = folder / "assay.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text))
    return str(caught.value).replace(str(folder) + "/", "")


def test_no_source_gives_the_defaults():
    assert load_config().config == Config()


def test_an_empty_file_gives_the_defaults(tmp_path):
    assert load_config(written(tmp_path, "# nothing yet\n")).config == Config()


def test_a_section_that_is_named_but_empty_keeps_its_defaults(tmp_path):
    assert load_config(written(tmp_path, "settle:\n")).config == Config()


def test_flags_win_over_the_environment_and_the_environment_over_the_file(tmp_path):
    file = written(tmp_path, "receiver:\n  grpc: {port: 1}\n  http: {port: 1}\ndoor: {port: 1}\n")
    loaded = load_config(
        file,
        environment={"ASSAY_RECEIVER__HTTP__PORT": "2", "ASSAY_DOOR__PORT": "2"},
        flags={"door.port": "3"},
    )
    config = loaded.config
    assert (config.receiver.grpc.port, config.receiver.http.port, config.door.port) == (1, 2, 3)
    assert loaded.where[("receiver", "grpc", "port")] == f"{file}:2"
    assert loaded.where[("receiver", "http", "port")] == "$ASSAY_RECEIVER__HTTP__PORT"
    assert loaded.where[("door", "port")] == "--set door.port"


def test_a_misspelt_setting_is_refused_with_its_line_and_the_nearest_name(tmp_path):
    assert refusal(tmp_path, "receiver:\n  grpc:\n    prot: 4317\n") == (
        "receiver.grpc.prot: unknown setting. Did you mean 'port'? (assay.yaml:3)"
    )


def test_a_misspelt_section_is_refused_with_the_nearest_name(tmp_path):
    assert refusal(tmp_path, "\nreciever: {}\n") == "reciever: unknown setting. Did you mean 'receiver'? (assay.yaml:2)"


def test_a_name_that_is_near_to_nothing_lists_what_is_known(tmp_path):
    assert refusal(tmp_path, "settle: {zzz: 1}\n") == (
        "settle.zzz: unknown setting. Known here: quiet_seconds, incomplete_seconds, every_seconds, rollup_every_seconds, http. (assay.yaml:1)"
    )


def test_a_misspelt_setting_below_a_name_that_the_user_chose_is_refused(tmp_path):
    assert "workspaces.blue.token_file: unknown setting. Did you mean 'token_files'?" in refusal(
        tmp_path, "workspaces:\n  blue:\n    token_file: [a]\n"
    )


def test_a_wrong_value_is_refused_with_its_line(tmp_path):
    assert refusal(tmp_path, "door:\n  port: 99999\n") == (
        "door.port: input should be less than or equal to 65535, not 99999. (assay.yaml:2)"
    )


def test_every_mistake_is_reported_at_once(tmp_path):
    assert len(refusal(tmp_path, "door: {port: x}\nlog_level: loud\nprices: [{model: m}]\n").splitlines()) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("receiver: {grpc: {tls: {client_ca_file: ca.pem}}}", "receiver.grpc.tls: without cert_file there is no TLS"),
        ("door: {tls: {key_file: key.pem}}", "door.tls: without cert_file there is no TLS"),
        ("prices: [{model: m, input_usd_per_mtok: .inf, output_usd_per_mtok: 1}]", "prices.0.input_usd_per_mtok: input should be less"),
        ("workspaces: {'': {content: none}}", "workspaces: a name must not be empty."),
        ("mapping: {cohort: {'': [team]}}", "mapping.cohort: a name must not be empty."),
        ("receiver: {http: {port: 4317}}", "receiver.http: port 4317 is that of receiver.grpc. Choose another, or 0 for a free one. (assay.yaml:1)"),
        ("receiver: {http: {port: 8123}}", "door: port 8123 is that of receiver.http."),
    ],
)  # fmt: skip
def test_what_would_do_something_else_than_it_says_is_refused(tmp_path, text, said):
    assert refusal(tmp_path, text + "\n").startswith(said)


@pytest.mark.parametrize(
    "flags",
    [
        {"receiver.http.port": 0, "receiver.grpc.port": 0},
        {"receiver.http.port": 4317, "receiver.grpc.enabled": False},
        {"receiver.http.port": 4317, "receiver.http.host": "127.0.0.2"},
        {"receiver.http.port": 8123, "store.dsn": "http://db:8123"},
    ],
)
def test_ports_of_listeners_that_do_not_meet_are_fine(flags):
    load_config(flags=flags)


@pytest.mark.parametrize("dsn", ["http://u:secret@h:99999/x", "http://u:secret@h:abc/x", "http://u:secret@[::1/x"])
def test_an_address_in_a_dsn_that_is_none_is_refused_without_its_password(dsn):
    with pytest.raises(ConfigError) as caught:
        parse_dsn(Store(dsn=dsn))
    assert str(caught.value).startswith("store.dsn: ")
    assert "secret" not in str(caught.value) + mask_dsn(dsn)


def test_slashes_at_the_start_of_a_folder_are_one():
    assert parse_dsn(Store(dsn="chdb:////tmp/db")) == parse_dsn(Store(dsn="chdb:///tmp/db"))


def test_a_setting_that_is_given_twice_is_refused(tmp_path):
    assert refusal(tmp_path, "door:\n  port: 1\n  port: 2\n") == (
        "door.port: set twice, remove one. (assay.yaml:2, assay.yaml:3)"
    )


def test_broken_yaml_is_refused_with_its_line(tmp_path):
    assert refusal(tmp_path, "door: {port: 1\nstore: 3\n").endswith("(assay.yaml:2)")


def test_a_file_that_is_not_a_mapping_is_refused(tmp_path):
    assert "must hold settings by name" in refusal(tmp_path, "- a\n")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "absent.yaml")


def test_a_misspelt_variable_is_refused():
    with pytest.raises(ConfigError, match=r"Did you mean 'receiver'\? \(\$ASSAY_RECIEVER__GRPC__PORT\)"):
        load_config(environment={"ASSAY_RECIEVER__GRPC__PORT": "1"})


def test_variables_that_kubernetes_sets_for_a_service_named_assay_are_no_settings():
    kubernetes = {"ASSAY_SERVICE_HOST": "10.0.0.1", "ASSAY_PORT_4317_TCP": "tcp://10.0.0.1:4317", "ASSAY_PORT": "x"}
    assert load_config(environment=kubernetes).config == Config()


def test_lists_and_mappings_can_come_from_the_environment():
    config = load_config(
        environment={"ASSAY_MAPPING__FEATURE": "[a, b]", "ASSAY_WORKSPACES": "{blue: {token_files: [t]}}"}
    ).config
    assert config.mapping.feature == ("a", "b")
    assert config.workspaces["blue"].token_files == ("t",)


def test_a_refused_secret_is_not_repeated():
    with pytest.raises(ConfigError) as caught:
        load_config(flags={"store": "http://reader:hunter2@db:8123/assay"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("http://reader:hunter2@db:8123/assay", "http://reader:***@db:8123/assay"),
        ("https://reader:p%40ss@db/assay?password=x&secure=1", "https://reader:***@db/assay?password=***&secure=1"),
        ("http://reader@db:8123/assay", "http://reader@db:8123/assay"),
        ("chdb:///var/lib/assay", "chdb:///var/lib/assay"),
        ("", ""),
    ],
)
def test_secrets_of_a_dsn_are_masked(dsn, shown):
    assert mask_dsn(dsn) == shown


def test_shown_configuration_holds_no_secret():
    config = load_config(flags={"store.dsn": "http://reader:hunter2@db:8123/assay"}).config
    assert "hunter2" not in str(masked(config))


def test_names_below_a_value_are_unknown():
    assert settings_below(("door", "port")) is None
    assert settings_below(("workspaces",)) is None
    assert settings_below(("workspaces", "any")) == (
        "content", "content_by_route", "judges_get", "token_files", "reader_token_files", "max_spans_per_second",
    )  # fmt: skip


def test_every_setting_is_in_the_reference_with_its_meaning():
    text = page()
    for setting in settings():
        assert setting.meaning, setting.name
        assert f"| `{setting.name}` |" in text


def test_nothing_listens_beyond_this_machine_unless_told():
    hosts = {setting.name: setting.default for setting in settings() if setting.name.endswith(".host")}
    assert len(hosts) >= 5
    assert all(ipaddress.ip_address(host.strip('`"')).is_loopback for host in hosts.values())
