"""Attributes as OTLP carries them."""

from typing import Any


def add_attribute(attributes: Any, key: str, value: str | float) -> None:
    """Adds `key` to a repeated `KeyValue`, with the kind of value that Python has."""
    said = attributes.add(key=key).value
    if isinstance(value, bool):
        said.bool_value = value
    elif isinstance(value, str):
        said.string_value = value
    elif isinstance(value, float):
        said.double_value = value
    else:
        said.int_value = value
