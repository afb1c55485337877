"""Says how the numbers of a form are decoded, by what its template expects."""

from __future__ import annotations

from dataclasses import replace

from formreader.digits.decoding_options import DecodingOptions
from formreader.digits.expected_marks import ExpectedMarks
from formreader.forms.templates.entries import FieldTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.records import FieldKind

__all__ = ["say_how_decoded"]


def say_how_decoded(
    template: FormTemplate, usual: DecodingOptions
) -> dict[str, DecodingOptions]:
    """Say how each field of a form is decoded.

    Args:
        template: The form.
        usual: How fields are decoded of which no template speaks.

    Returns:
        Options by name of the field.
    """
    return {field.name: _adapt(usual, field) for field in template.fields}


def _adapt(usual: DecodingOptions, field: FieldTemplate) -> DecodingOptions:
    """Say how a field is decoded; one with a type has its marks in any case."""
    if field.value_type is not None:
        type_ = field.value_type
        expected = ExpectedMarks(type_.marks)
        if field.kind is not FieldKind.CELLS:  # where digits have their places
            likely = type_.has_likely_marks
            expected = ExpectedMarks(type_.marks, type_.mark_count, likely)
        return replace(usual, ignore_marks=False, expected=expected, type_=type_)
    return replace(
        usual,
        ignore_marks=usual.ignore_marks or field.marks == "ignore",
        keep_marks=False,
        decimals=field.decimals,
    )
