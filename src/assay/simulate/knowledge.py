"""What the organisations of the simulator know: `knowledge/*.yaml` as frozen values."""

import re
from functools import lru_cache
from importlib import resources

import msgspec
import yaml

from assay.simulate.trace import Document


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that people ask, and that one document answers."""

    ask: tuple[str, ...]
    query: str
    """What a query rewriter makes of it."""
    say: tuple[str, ...]
    """Answers that the document supports."""
    swap: tuple[str, str]
    """A passage of the document, and what an outdated or rival version says in its place."""
    contrary: tuple[str, ...]
    """Answers that the document contradicts."""


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document of a knowledge base."""

    id: str
    title: str
    updated: str
    text: str
    facts: tuple[Fact, ...]

    def document(self, **changes: object) -> Document:
        """The page as a search returns it."""
        return Document(id=self.id, title=self.title, text=self.text, updated=self.updated).but(**changes)

    def outdated(self, fact: Fact) -> str:
        """The text with the fact's passage replaced."""
        old, new = fact.swap
        low = self.text.replace(old, new)
        return low if low != self.text else self.text.replace(old[0].upper() + old[1:], new[0].upper() + new[1:])


class Domain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation: what it knows, and what it does not."""

    name: str
    language: str
    organisation: str
    persona: str
    documents: tuple[Page, ...]
    claims: tuple[str, ...]
    """Statements in its tone that no document supports."""
    unknown: tuple[tuple[str, str], ...]
    """Questions that no document answers, each with the query that a rewriter makes of it."""
    wishes: tuple[tuple[str, str], ...]
    """Things that a question-answering assistant has no tool for: what people say, and what they want."""
    disclaimer: str = ""

    @property
    def facts(self) -> list[tuple[Page, Fact]]:
        """Every fact with its page."""
        return [(page, fact) for page in self.documents for fact in page.facts]


@lru_cache(1)
def domains() -> dict[str, Domain]:
    """All organisations by name."""
    folder = resources.files("assay.simulate") / "knowledge"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    made = [msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), Domain) for file in files]
    return {domain.name: domain for domain in made}


NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w])")
"""A number in a text, without the dot that ends its sentence."""
