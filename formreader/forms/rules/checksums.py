"""Check digits by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType

from stdnum import damm, ean, imei, isbn, luhn, verhoeff
from stdnum.iso7064 import mod_11_2, mod_11_10, mod_97_10

from formreader.errors import TemplateError

__all__ = ["CHECKSUMS", "is_checksum_valid"]

_MODULES: Mapping[str, tuple[ModuleType, tuple[int, ...]]] = {
    "luhn": (luhn, ()),
    "verhoeff": (verhoeff, ()),
    "damm": (damm, ()),
    "ean": (ean, ()),
    "ean8": (ean, (8,)),
    "ean13": (ean, (13,)),
    "isbn10": (isbn, (10,)),
    "isbn13": (isbn, (13,)),
    "imei": (imei, (15,)),
    "mod_11_2": (mod_11_2, ()),
    "mod_11_10": (mod_11_10, ()),
    "mod_97_10": (mod_97_10, ()),
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
    is_valid: Callable[[str], bool] = module.is_valid
    return bool(is_valid(number))
