"""Read the hand-written numbers of scanned forms.

Example:
    >>> from formreader import FormReader
    >>> reader = FormReader()
    >>> for page in reader.read("samples/exam-cover-1.jpg"):
    ...     print([field.value for field in page.fields])
    ['52586982', '3047']
"""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from formreader.batch.reading import read_file
    from formreader.digits.classification import DigitClassifier
    from formreader.digits.normalization import to_mnist
    from formreader.digits.strings import StringReader
    from formreader.errors import (
        FormReaderError,
        InputError,
        ModelError,
        OutputError,
        UnreadableFileError,
    )
    from formreader.evaluation.fields import FieldMeasurement, measure_fields
    from formreader.export.frames import to_frame
    from formreader.export.json_files import to_dict
    from formreader.export.writing import write_readings
    from formreader.forms.templates.template import FormTemplate
    from formreader.geometry import Box
    from formreader.options import ReadingOptions
    from formreader.pipeline import FormReader
    from formreader.promises.promise import Promise, find_promise
    from formreader.readings import (
        Alternative,
        DigitReading,
        FieldReading,
        PageFailure,
        PageReading,
    )
    from formreader.records import FieldKind, Flag, PageImage

__all__ = [
    "Alternative",
    "Box",
    "DigitClassifier",
    "DigitReading",
    "FieldKind",
    "FieldMeasurement",
    "FieldReading",
    "Flag",
    "FormReader",
    "FormReaderError",
    "FormTemplate",
    "InputError",
    "ModelError",
    "OutputError",
    "PageFailure",
    "PageImage",
    "PageReading",
    "Promise",
    "ReadingOptions",
    "StringReader",
    "UnreadableFileError",
    "find_promise",
    "measure_fields",
    "read_file",
    "to_dict",
    "to_frame",
    "to_mnist",
    "write_readings",
]

_MODULES = {
    "Alternative": "readings",
    "Box": "geometry",
    "DigitClassifier": "digits.classification",
    "DigitReading": "readings",
    "FieldMeasurement": "evaluation.fields",
    "FieldKind": "records",
    "FieldReading": "readings",
    "Flag": "records",
    "FormReader": "pipeline",
    "FormReaderError": "errors",
    "FormTemplate": "forms.templates.template",
    "InputError": "errors",
    "ModelError": "errors",
    "OutputError": "errors",
    "PageFailure": "readings",
    "PageImage": "records",
    "PageReading": "readings",
    "Promise": "promises.promise",
    "ReadingOptions": "options",
    "StringReader": "digits.strings",
    "UnreadableFileError": "errors",
    "find_promise": "promises.promise",
    "measure_fields": "evaluation.fields",
    "read_file": "batch.reading",
    "to_dict": "export.json_files",
    "to_frame": "export.frames",
    "to_mnist": "digits.normalization",
    "write_readings": "export.writing",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `import formreader` is quick.

    Raises:
        AttributeError: If there is no such name.
    """
    if name == "__version__":
        return importlib.metadata.version("formreader")
    if name not in _MODULES:
        raise AttributeError(f"module 'formreader' has no attribute {name!r}")
    module = importlib.import_module(f"formreader.{_MODULES[name]}")
    return getattr(module, name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
