"""What an editor changes goes into the text of a template, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from formreader.errors import TemplateError
from formreader.forms.editing.document import FormText
from formreader.forms.editing.drafts import (
    DraftCheck,
    DraftField,
    apply_draft,
    open_draft,
)
from formreader.geometry import Box

TEXT = """\
# My form.
name = "f"
reference = "f.png"
width = 1654   # A4 at 200 dpi
height = 2339
unit = "mm"
size = [210, 297]

[[field]]
name = "valid"   # the first
box = [25, 38.1, 15.2, 7.6]
cells = 3

[[field]]
name = "sex"
kind = "choice"
options = [{ value = "F", box = [50, 80, 3.5, 3.5] }, { value = "M", box = [65, 80, 3.5, 3.5] }]

# Sums.
[[field]]
name = "total"
box = [25, 63.5, 38.1, 7.6]
length = [1, 4]

[[check]]
rule = "total >= 1"   # never none

# What is doubtful.
#
# [[field]]  # 30%, text
# name = "city"
# box = [25, 89, 38, 7.6]
#
# [[field]]  # 40%
# name = "street"
# box = [25, 100, 38, 7.6]
"""  # noqa: E501


@pytest.fixture
def document(tmp_path: Path) -> FormText:
    return FormText(TEXT, tmp_path / "f.toml")


def test_a_draft_that_changes_nothing_leaves_every_character(
    document: FormText,
) -> None:
    draft = open_draft(document)
    assert [one.name for one in draft.fields] == ["valid", "sex", "total"]
    assert [(one.name, one.note) for one in draft.proposals] == [
        ("city", "30%, text"),
        ("street", "40%"),
    ]
    assert draft.fields[1].box == Box(394, 630, 540, 658)
    assert apply_draft(document, draft).text == TEXT


def test_what_a_draft_changes_is_all_that_changes_in_the_file(
    document: FormText,
) -> None:
    draft = open_draft(document)
    valid, sex, total = draft.fields
    city, _ = draft.proposals
    draft = replace(
        draft,
        fields=(
            replace(valid, name="votes", keys={"cells": 4}),
            replace(sex, box=sex.box.shifted(10, 20)),
            replace(total, keys={"length": [1, 4], "min": 0}),
            replace(city, name="count"),
            DraftField("extra", 1, Box(200, 1000, 400, 1060), {"kind": "tick"}),
        ),
        checks=(
            replace(draft.checks[0], rule="total >= votes"),
            DraftCheck("count >= 1"),
        ),
        proposals=(),
        dropped=("street",),
    )
    changed = apply_draft(document, draft)
    assert 'name = "votes"   # the first\nbox = [25, 38.1, 15.2, 7.6]\ncells = 4' in (
        changed.text
    )
    assert 'rule = "total >= votes"   # never none' in changed.text
    assert "# Sums." in changed.text and "street" not in changed.text
    fields = {one.name: one for one in changed.form.fields}
    assert list(fields) == ["votes", "sex", "total", "count", "extra"]
    assert [one.box.left for one in fields["sex"].options] == [404, 522]
    assert fields["total"].length == (1, 4) and fields["total"].min == 0
    assert fields["extra"].box == Box(200, 1000, 400, 1060)
    assert fields["extra"].holds == "tick"
    assert changed.form.checks == ("total >= votes", "count >= 1")


def test_what_a_draft_lacks_leaves_the_file(document: FormText) -> None:
    draft = open_draft(document)
    less = replace(draft, fields=draft.fields[:1], checks=())
    changed = apply_draft(document, less)
    assert [one.name for one in changed.form.fields] == ["valid"]
    assert not changed.form.checks
    assert [one.name for one in open_draft(changed).proposals] == ["city", "street"]


def test_fields_may_exchange_their_names(document: FormText) -> None:
    draft = open_draft(document)
    valid, sex, total = draft.fields
    exchanged = replace(valid, name="total"), sex, replace(total, name="valid")
    changed = apply_draft(document, replace(draft, fields=exchanged))
    assert [one.name for one in changed.form.fields] == ["total", "sex", "valid"]
    assert changed.form.fields[0].cells == 3


def test_a_fault_of_a_draft_names_its_field(document: FormText) -> None:
    draft = open_draft(document)
    outside = replace(draft.fields[0], box=Box(1600, 10, 1700, 60))
    changed = apply_draft(document, replace(draft, fields=(outside, *draft.fields[1:])))
    with pytest.raises(TemplateError, match="outside") as caught:
        changed.form  # noqa: B018
    assert caught.value.field == "valid"
    with pytest.raises(TemplateError, match="twice"):
        apply_draft(document, replace(draft, fields=draft.fields[:1] * 2))
