from __future__ import annotations

import subprocess
import sys

import pytest

import formreader
from formreader import errors

HEAVY = ("PIL", "ai_edge_litert", "cv2", "keras", "numpy", "pandas", "tensorflow")


def test_public_names_are_sorted_and_named_once() -> None:
    assert formreader.__all__ == sorted(set(formreader.__all__))


@pytest.mark.parametrize("name", formreader.__all__)
def test_every_public_name_can_be_imported_and_knows_its_own(name: str) -> None:
    thing = getattr(formreader, name)
    assert thing.__name__ == name
    assert thing.__module__.startswith("formreader.")


def test_every_error_that_a_page_can_raise_is_public() -> None:
    unused = {"RegistrationError", "TemplateError"}  # until there are templates
    raised = {
        name
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and issubclass(thing, errors.FormReaderError)
    }
    assert raised - unused <= set(formreader.__all__)


def test_dir_shows_what_is_public() -> None:
    assert set(formreader.__all__) <= set(dir(formreader))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        formreader.no_such_name  # noqa: B018 - looking it up is the test


def test_importing_the_package_alone_loads_nothing_heavy() -> None:
    program = (
        "import sys, formreader\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], text=True, capture_output=True, check=True
    )
    assert done.stdout.split() == []
