"""Secrets in a text: keys of clouds and providers, tokens, JWTs, private keys, passwords in URLs and assignments.

A text goes in, matches that do not overlap come out. Issued keys are known by their prefix and length; what has neither
(a password, a bearer token) is known by the words before it and by looking random or mixed, not like a name or a hole to
be filled in (`<your key>`, `${API_KEY}`, `********`).

Prefixes are those that the issuers document for scanners, as collected by
https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
"""

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from assay.checks.match import PLACEHOLDER, Match, apart


class _Secret(NamedTuple):
    """One kind of secret. Where the form has a group, the group is the secret and the rest is its surroundings."""

    type: str
    hints: tuple[str, ...]
    """Every text with this secret contains one of these, in lower case."""
    form: re.Pattern[str]
    confidence: float
    real: Callable[[str], bool] = bool
    """Whether the found value can be one."""


def find_secrets(text: str) -> tuple[Match, ...]:
    """Secrets in the text, in order of place, none over another."""
    lower = text.lower()
    found: list[Match] = []
    for one in _SECRETS:
        if any(hint in lower for hint in one.hints):
            for hit in one.form.finditer(text):
                group = 1 if hit.re.groups else 0
                value = hit[group]
                if one.real(value) and not PLACEHOLDER.fullmatch(value):
                    found.append(Match(one.type, hit.start(group), hit.end(group), value, one.confidence))
    return apart(found) if found else ()


def _entropy(text: str) -> float:
    """Bits per character."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values()) if size else 0.0


def _random(value: str) -> bool:
    """Looks issued by a machine: long enough, digits among letters, few repetitions."""
    return (
        len(value) >= 12
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and _entropy(value) >= 3.0
        and not _HOLE.search(value)
    )


def _password(value: str) -> bool:
    """Looks chosen by a person or a machine to be hard to guess, and not like a word, a path, a call or a hole."""
    kinds = (
        any(c.islower() for c in value),
        any(c.isupper() for c in value),
        any(c.isdigit() for c in value),
        any(not c.isalnum() for c in value),
    )
    return (
        sum(kinds) >= 2
        and any(c.isdigit() or not (c.isalnum() or c in "_-.,'") for c in value)
        and not _HOLE.search(value)
    )


def _strong_password(value: str) -> bool:
    """Has everything that rules for passwords demand, so that it is one though only the word stands before it."""
    return (
        any(c.islower() for c in value)
        and any(c.isupper() for c in value)
        and any(c.isdigit() for c in value)
        and any(not (c.isalnum() or c in "_-./") for c in value)
        and not _HOLE.search(value)
    )


def _url_password(value: str) -> bool:
    return not _HOLE.search(value) and value.lower() not in {"password", "pass", "pwd", "secret"}


def _jwt(value: str) -> bool:
    head = value.split(".", 1)[0]
    try:
        header = msgspec.json.decode(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        return False
    return isinstance(header, dict) and ("alg" in header or "enc" in header or "typ" in header)


def _basic(value: str) -> bool:
    try:
        return b":" in base64.b64decode(value, validate=True)
    except binascii.Error:
        return False


# Holes that somebody is to fill in, calls that fetch the secret, and values already hidden.
_HOLE = re.compile(r"^[<{(\[$%/~.]|[*•]{3}|\.\.\.|…|x{4}|X{4}|[({]\)?$|^(?i:your|my|the|some|os\.|process\.|env|getenv|config|settings|self\.|none|null|true|false)|(?:[_-](?:here|key|token|secret|password))$|(?i:placeholder|redacted|changeme|example|dummy|sample)|\(")  # fmt: skip

_EDGE = r"(?<![A-Za-z0-9_\-])"
_END = r"(?![A-Za-z0-9_\-])"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _token(pattern: str) -> re.Pattern[str]:
    return _form(f"{_EDGE}(?:{pattern}){_END}")


_NAMES = r"(?:api|app|access|auth|secret|private|client|service|account|encryption|signing|master|admin|user|db|database|bot|deploy|refresh|session|webhook)"

_SECRETS: tuple[_Secret, ...] = (
    _Secret(
        "private_key",
        ("-----begin",),
        _form(
            r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----))*(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
        0.99,
    ),
    _Secret("aws_access_key", ("akia", "asia", "abia", "acca"), _token(r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"), 0.98),
    _Secret(
        "aws_secret_key",
        ("aws", "secret"),
        _form(
            r"(?i:aws.{0,20}secret.{0,20}|secret_?access_?key.{0,5})['\"\s:=]{1,5}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
        ),
        0.95,
    ),
    _Secret(
        "github_token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        _token(r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
        0.99,
    ),
    _Secret(
        "gitlab_token", ("glpat-", "gldt-", "glrt-", "glptt-"), _token(r"gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_\-]{20,}"), 0.98
    ),
    _Secret(
        "slack_token",
        ("xox", "xapp-"),
        _token(r"xox[abeoprs]-[A-Za-z0-9\-]{10,}|xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]+"),
        0.97,
    ),
    _Secret(
        "slack_webhook",
        ("hooks.slack.com",),
        _form(r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/+]{30,}"),
        0.98,
    ),
    _Secret(
        "stripe_key",
        ("sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"),
        _token(r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9]{24,}"),
        0.98,
    ),
    _Secret("anthropic_key", ("sk-ant-",), _token(r"sk-ant-[A-Za-z0-9_\-]{20,}"), 0.99),
    _Secret(
        "openai_key", ("sk-",), _token(r"sk-(?!ant-)(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_\-]{20,}"), 0.95, _random
    ),
    _Secret("google_api_key", ("aiza",), _token(r"AIza[A-Za-z0-9_\-]{35}"), 0.98),
    _Secret(
        "google_oauth_token", ("ya29.", "gocspx-"), _token(r"ya29\.[A-Za-z0-9_\-]{20,}|GOCSPX-[A-Za-z0-9_\-]{28}"), 0.97
    ),
    _Secret(
        "azure_key",
        ("accountkey=", "sharedaccesskey="),
        _form(r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{43,86}={0,2})"),
        0.97,
    ),
    _Secret("azure_sas", ("sig=",), _form(r"[?&]sig=([A-Za-z0-9%+/]{43,}={0,2})"), 0.9),
    _Secret("huggingface_token", ("hf_",), _token(r"hf_[A-Za-z0-9]{30,}"), 0.98),
    _Secret(
        "provider_key",
        ("gsk_", "xai-", "pplx-", "r8_", "fw_", "nvapi-", "tvly-", "lsv2_", "pcsk_", "sk-lf-", "pk-lf-"),
        _token(
            r"gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,}|pplx-[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{37}|fw_[A-Za-z0-9]{20,}|nvapi-[A-Za-z0-9_\-]{60,}|tvly-[A-Za-z0-9\-]{20,}|lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}|pcsk_[A-Za-z0-9_]{40,}|sk-lf-[a-f0-9\-]{36}"
        ),
        0.97,
    ),
    _Secret("npm_token", ("npm_",), _token(r"npm_[A-Za-z0-9]{36}"), 0.98),
    _Secret("pypi_token", ("pypi-ageichlwas",), _token(r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_\-]{50,}"), 0.99),
    _Secret("sendgrid_key", ("sg.",), _token(r"SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}"), 0.99),
    _Secret("twilio_key", ("sk", "twilio"), _token(r"SK[0-9a-f]{32}"), 0.9),
    _Secret("mailgun_key", ("key-",), _token(r"key-[0-9a-f]{32}"), 0.9),
    _Secret("telegram_token", (":aa",), _token(r"\d{8,10}:AA[A-Za-z0-9_\-]{33}"), 0.97),
    _Secret("digitalocean_token", ("dop_v1_", "doo_v1_", "dor_v1_"), _token(r"do[opr]_v1_[0-9a-f]{64}"), 0.99),
    _Secret("databricks_token", ("dapi",), _token(r"dapi[0-9a-f]{32}(?:-\d)?"), 0.97),
    _Secret(
        "shopify_token", ("shpat_", "shpca_", "shppa_", "shpss_"), _token(r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"), 0.99
    ),
    _Secret(
        "service_token",
        ("lin_api_", "ntn_", "hvs.", "dckr_pat_", "figd_", "sntrys_", "glsa_"),
        _token(
            r"lin_api_[A-Za-z0-9]{40}|ntn_[A-Za-z0-9]{40,}|hvs\.[A-Za-z0-9_\-]{24,}|dckr_pat_[A-Za-z0-9_\-]{27}|figd_[A-Za-z0-9_\-]{40}|sntrys_[A-Za-z0-9+/=_]{40,}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"
        ),
        0.98,
    ),
    _Secret(
        "jwt", ("eyj",), _form(rf"{_EDGE}eyJ[A-Za-z0-9_\-]{{8,}}\.[A-Za-z0-9_\-]{{8,}}\.[A-Za-z0-9_\-]*"), 0.97, _jwt
    ),
    _Secret(
        "url_password",
        ("://",),
        _form(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.\-]{1,20}://[^\s:/@\"'<>?#]{0,64}:([^\s/@\"'<>?#]{3,128})@[\w\[]"),
        0.9,
        _url_password,
    ),
    _Secret("bearer_token", ("bearer",), _form(r"(?i:\bbearer)\s+([A-Za-z0-9_\-.~+/]{16,}={0,2})"), 0.85, _random),
    _Secret(
        "basic_auth",
        ("basic",),
        _form(r"(?i:authorization['\"]?\s*[:=]\s*['\"]?basic)\s+([A-Za-z0-9+/]{8,}={0,2})"),
        0.9,
        _basic,
    ),
    _Secret(
        "api_key",
        ("key", "token", "secret"),
        _form(
            rf"(?i:\b(?:\w{{1,24}}[_\-. ])?{_NAMES}[_\-. ]?(?:key|token|secret)|\b(?:secret|token)(?:[_\-. ](?:key|value))?)['\"]?\s{{0,3}}(?:=>|[:=]|\bis\b)\s{{0,3}}['\"`]?([A-Za-z0-9_\-.+/~]{{16,200}}={{0,2}})(?![A-Za-z0-9(\[])"
        ),
        0.75,
        _random,
    ),
    _Secret(
        "password",
        ("passw", "pwd", "passphrase"),
        _form(
            r"(?i:\b(?:\w{1,24}[_\-.])?(?:password|passwd|pwd|passphrase))['\"]?\s{0,3}(?:=>|[:=]|\bis\b:?)\s{0,3}['\"`]?([^\s'\"`,;)}\]]{6,64})"
        ),
        0.7,
        _password,
    ),
    _Secret(
        "password",
        ("passw", "passphrase"),
        _form(r"(?i:\b(?:password|passwort|passphrase))\s{1,2}['\"`]?([^\s'\"`,;)}\]]{7,63}[^\s'\"`,;)}\].:!?])"),
        0.7,
        _strong_password,
    ),
)

TYPES: Final = frozenset(one.type for one in _SECRETS)
"""What `find_secrets` calls what it finds."""  # fmt: skip

PREFILTERS: Final = (
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY",
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    r"[Ss][Ee][Cc][Rr][Ee][Tt]|[Tt][Oo][Kk][Ee][Nn]|[Kk][Ee][Yy][\"']?\s{0,3}(?:=|:|is)|[Pp][Aa][Ss][Ss][WwPp]|[Pp][Ww][Dd]",
    r"gh[pousr]_[A-Za-z0-9]{36}|github_pat_|gl(?:pat|dt|rt|ptt)-|xox[abeoprs]-|xapp-|hooks\.slack\.com|[rs]k_(?:live|test)_|whsec_",
    r"sk-[A-Za-z0-9_\-]{17}|AIza|ya29\.|GOCSPX-|AccountKey=|SharedAccessKey=|[?&]sig=|hf_[A-Za-z0-9]{30}|SK[0-9a-f]{32}|key-[0-9a-f]{32}",
    r"gsk_|xai-|pplx-|r8_|fw_|nvapi-|tvly-|lsv2_|pcsk_|npm_|pypi-AgEI|SG\.|[0-9]:AA|do[opr]_v1_|dapi[0-9a-f]{32}|shp(?:at|ca|pa|ss)_",
    r"lin_api_|ntn_|hvs\.|dckr_pat_|figd_|sntrys_|glsa_|eyJ[A-Za-z0-9_\-]{8}",
    r"://[^\s:/@]{0,64}:[^\s/@]{3,128}@",
    r"[Bb][Ee][Aa][Rr][Ee][Rr]\s|[Bb][Aa][Ss][Ii][Cc]\s",
)
"""Where `find_secrets` finds anything, at least one of these matches. Loose, and written for a multi-pattern scanner; case
counts, and the text is UTF-8 (HS_FLAG_UTF8)."""
