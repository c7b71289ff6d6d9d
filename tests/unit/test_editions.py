"""Which version of a document a chunk is of, by its id and its own head."""

import pytest

from assay.checks.editions import edition


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("wa-8a34d-v1", "Vaccine fridges are kept cool.", ("1", "")),
        ("fridges", "Fridges (version 3, January 2026). Vaccine fridges", ("3", "2026-01-01")),
        ("horaires-v3", "Horaires (version du 15/01/2026). Le musée", ("3", "2026-01-15")),
        ("tarif", "Tarifblatt, Stand 03/2024\nGrundpreis", ("", "2024-03-01")),
        ("policy", "Returns Policy. Last updated: 5 May 2023. The", ("", "2023-05-05")),
        # A date of the matter, the version of something else, and what stands far down.
        ("fees-2", "From 1 March 2023 the fee is 5 euros.", ("", "")),
        ("app", "The version you use costs 5 euros.", ("", "")),
        ("long", "x" * 200 + " (version 3, January 2026)", ("", "")),
    ],
)
def test_version_and_date(name: str, text: str, said: tuple[str, str]) -> None:
    assert edition(name, text) == said
