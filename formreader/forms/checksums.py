"""Check digits by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from formreader.errors import TemplateError

__all__ = ["CHECKSUMS", "is_checksum_valid"]

_MODULES: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "luhn": ("stdnum.luhn", ()),
    "verhoeff": ("stdnum.verhoeff", ()),
    "damm": ("stdnum.damm", ()),
    "ean": ("stdnum.ean", ()),
    "ean8": ("stdnum.ean", (8,)),
    "ean13": ("stdnum.ean", (13,)),
    "isbn10": ("stdnum.isbn", (10,)),
    "isbn13": ("stdnum.isbn", (13,)),
    "imei": ("stdnum.imei", (15,)),
    "mod_11_2": ("stdnum.iso7064.mod_11_2", ()),
    "mod_11_10": ("stdnum.iso7064.mod_11_10", ()),
    "mod_97_10": ("stdnum.iso7064.mod_97_10", ()),
}
"""Where python-stdnum has each, and the lengths it is meant for; none: any length."""

CHECKSUMS: tuple[str, ...] = tuple(_MODULES)
"""The names that a template may use."""


def is_checksum_valid(number: str, name: str) -> bool:
    """Tell whether a number bears its check digits.

    Args:
        number: Digits only, check digits included.
        name: One of `CHECKSUMS`.

    Raises:
        TemplateError: If there is no checksum of this name.

    Example:
        >>> is_checksum_valid("79927398713", "luhn")
        True
        >>> is_checksum_valid("79927398718", "luhn")
        False
    """
    if name not in _MODULES:
        known = ", ".join(CHECKSUMS)
        raise TemplateError(f"there is no checksum {name!r}; one of: {known}")
    module, lengths = _MODULES[name]
    if not (number.isascii() and number.isdigit()):
        return False
    if lengths and len(number) not in lengths:
        return False
    is_valid: Callable[[str], bool] = import_module(module).is_valid
    return bool(is_valid(number))
