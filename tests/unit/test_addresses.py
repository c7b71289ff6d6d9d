"""Where programs say that they listen can be connected to."""

import pytest

from assay.wire.serve import url_of


@pytest.mark.parametrize(
    ("host", "tls", "url"),
    [
        ("127.0.0.1", False, "http://127.0.0.1:4318"),
        ("127.0.0.1", True, "https://127.0.0.1:4318"),
        ("0.0.0.0", False, "http://127.0.0.1:4318"),
        ("::", False, "http://[::1]:4318"),
        ("fd00::7", False, "http://[fd00::7]:4318"),
        ("assay.internal", True, "https://assay.internal:4318"),
    ],
)
def test_an_address_can_be_connected_to(host: str, tls: bool, url: str) -> None:
    assert url_of("http", host, 4318, tls=tls) == url
