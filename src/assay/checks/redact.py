"""A text without personal data and secrets, for content that may be stored only so."""

from assay.checks.credentials import find_secrets
from assay.checks.match import mask
from assay.checks.pii import find_pii


def redact(text: str) -> str:
    """The text with `[redacted:type]` in the place of what `find_pii` and `find_secrets` find; nothing more is found in the result.

    A removed part can uncover another (`+46 8 123 456 78x4111...` ends where the next begins), hence the loop. It comes to an
    end because every round takes out at least one character that belongs to no placeholder.
    """
    while matches := (*find_pii(text), *find_secrets(text)):
        text = mask(text, matches)
    return text
