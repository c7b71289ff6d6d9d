"""Secrets: keys by their issuers' forms, passwords by what stands before them, and what is no secret.

The keys are put together here from parts, so that a scanner of this repository does not take them for real ones.
"""

import pytest

from assay.checks.credentials import find_secrets
from assay.checks.redact import redact
from tests.unit.scan import scanned

LETTERS = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY" * 4


def said(text: str) -> list[tuple[str, str]]:
    found = [(one.type, one.value) for one in find_secrets(text)]
    assert scanned(text, "secrets") or not found, "the scan misses what the finder finds"
    return found


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("aws_access_key", "AKIA" + "IOSFODNN7EXAMPLE"),
        ("github_token", "ghp_" + LETTERS[:36]),
        ("github_token", "github_pat_" + LETTERS[:22] + "_" + LETTERS[:59]),
        ("gitlab_token", "glpat-" + LETTERS[:20]),
        ("slack_token", "xoxb-" + "123456789012-" + LETTERS[:24]),
        ("stripe_key", "sk_live_" + LETTERS[:24]),
        ("anthropic_key", "sk-ant-" + "api03-" + LETTERS[:40]),
        ("openai_key", "sk-" + "proj-" + LETTERS[:48]),
        ("google_api_key", "AIza" + LETTERS[:35]),
        ("huggingface_token", "hf_" + LETTERS[:34]),
        ("provider_key", "gsk_" + LETTERS[:52]),
        ("npm_token", "npm_" + LETTERS[:36]),
        ("sendgrid_key", "SG." + LETTERS[:22] + "." + LETTERS[:43]),
        ("telegram_token", "1234567890:" + "AA" + LETTERS[:33]),
        ("databricks_token", "dapi" + "0123456789abcdef" * 2),
        ("service_token", "hvs." + LETTERS[:24]),
        ("jwt", "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0." + LETTERS[:43]),
        ("private_key", "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA " + "PRIVATE KEY-----"),
        ("private_key", "-----BEGIN " + "PRIVATE KEY-----\nMIIEpAIBAAKC, cut off"),
    ],
)
def test_an_issued_key_is_found_and_taken_out(kind: str, secret: str) -> None:
    text = f'the key is "{secret}"' if kind != "private_key" else secret
    assert [one[0] for one in said(text)] == [kind]
    assert secret[8:] not in redact(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("postgres://bob:hunter2@db.internal/x", ("url_password", "hunter2")),
        ("Authorization: Bearer abcDEF1234567890xyz==", ("bearer_token", "abcDEF1234567890xyz==")),
        ("Authorization: Basic Ym9iOmh1bnRlcjI=", ("basic_auth", "Ym9iOmh1bnRlcjI=")),
        ("password: Tr0ub4dor&3", ("password", "Tr0ub4dor&3")),
        ("Use desk1 with the password Qu4rtz&lamp7.", ("password", "Qu4rtz&lamp7")),
        ("the password is 'c0rrect-horse'", ("password", "c0rrect-horse")),
        ('{"client_secret": "9f8e7d6c5b4a39281706"}', ("api_key", "9f8e7d6c5b4a39281706")),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ("aws_secret_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ),
    ],
)
def test_a_secret_is_told_by_what_stands_before_it(text: str, found: tuple[str, str]) -> None:
    assert said(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "password = get_password()",
        "password = os.environ['DB_PASSWORD']",
        "password: ********",
        "the password OAuth2.0 flow",
        "a password PBKDF2-SHA256 hash",
        "password: <your password>",
        "api_key = YOUR_API_KEY_GOES_HERE_123",
        "api_key = ${OPENAI_API_KEY}",
        "your password is incorrect, choose another password",
        "max_tokens: 4096, token: 1234567890123456789",
        "import sk-learn-contrib-lightning-classifier",
        "https://user:[url_password]@host/x",
        "eyJub3QganNvbg.notjsonatall.signature",
        "Bearer of bad news",
    ],
)
def test_it_is_no_secret(text: str) -> None:
    assert said(text) == []


def test_redaction_takes_out_both_kinds_and_keeps_the_rest() -> None:
    text = "Mail bob@example.com, password: Tr0ub4dor&3, thanks."
    assert redact(text) == "Mail [redacted:email], password: [redacted:password], thanks."
