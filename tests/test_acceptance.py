from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from formreader.acceptance import AcceptancePolicy, accept
from formreader.flags import FLAG_WORDS
from formreader.geometry import Box
from formreader.readings import Alternative, FieldReading
from formreader.records import FieldKind, Flag

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "output.md"
BOX = Box(0, 0, 90, 20)
OPEN = {
    FieldKind.BOX,
    FieldKind.CELL,
    FieldKind.LINE,
    FieldKind.PLAIN,
    FieldKind.STRIP,
}
ALWAYS = {
    Flag.LOW_CONFIDENCE,
    Flag.WRONG_LENGTH,
    Flag.NOT_A_DIGIT,
    Flag.SEPARATOR,
    Flag.RULE_FAILED,
    Flag.REGISTRATION_WEAK,
    Flag.STRUCK_OUT,
    Flag.NO_FIELD,
    Flag.UNREAD_INK,
}


def make(
    *flags: Flag,
    kind: FieldKind = FieldKind.CELLS,
    value: str = "42",
    confidence: float = 0.99,
    runner_up: float = 0.0,
) -> FieldReading:
    """Make a reading about which nobody has decided."""
    return FieldReading(
        name="number",
        value="" if Flag.BLANK in flags else value,
        confidence=confidence,
        flags=flags,
        digits=(),
        box=BOX,
        outline=BOX.corners.astype(np.float64),
        kind=kind,
        alternatives=(Alternative("17", "17", runner_up),),
    )


def documented(
    flag: Flag, kind: FieldKind, blank: Literal["review", "allow"], *, is_close: bool
) -> bool:
    """Say what docs/output.md says of a flag."""
    if flag is Flag.BLANK:
        return blank == "review"
    if flag is Flag.TOUCHING:
        return kind not in OPEN
    if flag is Flag.CLIPPED:
        return kind is not FieldKind.STRIP
    if flag is Flag.RULE_CORRECTED:
        return is_close
    return flag in ALWAYS


@pytest.mark.parametrize("blank", ["allow", "review"])
@pytest.mark.parametrize("kind", FieldKind)
@pytest.mark.parametrize("flag", Flag)
def test_each_flag_sends_each_kind_of_field_to_a_person_as_documented(
    flag: Flag, kind: FieldKind, blank: Literal["review", "allow"]
) -> None:
    for is_close in (False, True):
        reading = make(flag, kind=kind, runner_up=0.3 if is_close else 0.001)
        accepted = accept(reading, AcceptancePolicy(0.9, blank))
        expected = documented(flag, kind, blank, is_close=is_close)
        assert accepted.needs_review is expected, is_close
        assert accepted.flags == (flag,)


# A text is not read, so there is no confidence to decide by.
READ = [kind for kind in FieldKind if kind is not FieldKind.TEXT]


@pytest.mark.parametrize("kind", READ)
def test_without_a_flag_the_confidence_decides(kind: FieldKind) -> None:
    sure = accept(make(kind=kind), AcceptancePolicy(0.9, "review"))
    assert (sure.flags, sure.needs_review) == ((), False)
    unsure = accept(make(kind=kind, confidence=0.899), AcceptancePolicy(0.9, "review"))
    assert unsure.flags == (Flag.LOW_CONFIDENCE,)
    assert unsure.needs_review


@pytest.mark.parametrize("kind", READ)
def test_a_kind_may_ask_for_more_or_less_than_others(kind: FieldKind) -> None:
    reading = make(kind=kind, confidence=0.95)
    for least, needs_review in ((0.94, False), (0.96, True), (math.inf, True)):
        policy = AcceptancePolicy(0.5 if needs_review else 0.99, by_kind={kind: least})
        assert accept(reading, policy).needs_review is needs_review
    others = AcceptancePolicy(0.96, by_kind={k: 0.0 for k in FieldKind if k != kind})
    assert accept(reading, others).needs_review


def test_a_field_that_is_not_blank_and_has_no_number_needs_review() -> None:
    assert accept(make(value=""), AcceptancePolicy(0.0)).needs_review
    crossed = make(Flag.CROSSED_OUT, value="")
    assert accept(crossed, AcceptancePolicy(0.0)).needs_review


def test_a_reading_about_which_nobody_decided_needs_review() -> None:
    assert make().needs_review


@pytest.mark.parametrize("flags", [(), *((flag,) for flag in Flag)])
def test_to_decide_twice_changes_nothing(flags: tuple[Flag, ...]) -> None:
    policy = AcceptancePolicy(0.995)
    once = accept(make(*flags), policy)
    twice = accept(once, policy)
    assert (twice.flags, twice.needs_review) == (once.flags, once.needs_review)


def test_each_flag_has_its_words() -> None:
    assert set(FLAG_WORDS) == set(Flag)


def test_each_flag_is_documented_once() -> None:
    text = OUTPUT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| .* \| .* \|$", text, flags=re.MULTILINE)
    for flag in Flag:
        assert rows.count(str(flag)) == 1, flag
