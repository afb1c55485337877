"""Measure how numbers with their marks are read by writers that were not fitted.

One writer in ten of each folder is held out, as `train_strings.py` does it with
`--numbers`; `--without` names more whom the training left out. The truth has the marks
as they are written; right is a value with all of them.

    python scripts/measure_strings.py --numbers banq_numbers --numbers unipen_numbers
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from formreader import DigitClassifier, FormReader
from formreader.digits.composition import extract_value
from formreader.digits.ctc import best_strings
from formreader.digits.strings import MARKED_MODEL_NAME, StringReader, darkness
from formreader.training.strings.examples import RealStrip, load_strip_set
from formreader.training.writers import load_writers


@dataclass(frozen=True)
class Result:
    """What was read from one strip.

    Attributes:
        truth: Its value.
        value: What was read.
        is_accepted: Nobody is asked to look.
    """

    truth: str
    value: str
    is_accepted: bool

    @property
    def is_right(self) -> bool:
        """Whether the value is the truth, mark for mark."""
        return self.value == self.truth


@click.command()
@click.option("--numbers", multiple=True, required=True, metavar="FOLDER")
@click.option(
    "--without", type=click.Path(path_type=Path), help="Writers that were left out."
)
@click.option("--model", type=click.Path(path_type=Path), help="Your digit model.")
@click.option("--string-model", type=click.Path(path_type=Path), help="Your strings.")
@click.option("--marked-model", type=click.Path(path_type=Path), help="With marks.")
@click.option("--wrong", is_flag=True, help="List what was read wrongly.")
def main(
    numbers: tuple[str, ...],
    without: Path | None,
    model: Path | None,
    string_model: Path | None,
    marked_model: Path | None,
    wrong: bool,
) -> None:
    """Measure the reader of strings with marks alone, and all readers together."""
    gone = load_writers(without) if without else {}
    marked = StringReader.load(marked_model, name=MARKED_MODEL_NAME)
    reader = FormReader(
        DigitClassifier.load(model),
        string_reader=StringReader.load(string_model),
        mark_reader=marked,
    )
    for folder in numbers:
        strips = choose_strips(folder, gone.get(Path(folder).name, ()))
        for name, results in (
            ("marked strings alone", read_alone(marked, strips)),
            ("all readers", read_together(reader, strips)),
        ):
            click.echo(f"{Path(folder).name}, {name}: {summarize(results)}")
            for one in results if wrong else ():
                if not one.is_right:
                    flag = " accepted" if one.is_accepted else ""
                    click.echo(f"  {one.truth} read as {one.value}{flag}")


def choose_strips(folder: str, left_out: Collection[int]) -> list[RealStrip]:
    """Choose the strips of the writers that no training saw."""
    found = load_strip_set(folder)
    kept = set(map(id, found.split()[1].strips))
    return [s for s in found.strips if id(s) in kept or s.writer in left_out]


def read_alone(reader: StringReader, strips: Sequence[RealStrip]) -> list[Result]:
    """Read strips with the string reader; what it is sure of by 0.9 is accepted."""
    results = []
    answers = reader.predict([darkness(strip.pixels) for strip in strips])
    for strip, answer in zip(strips, answers, strict=True):
        text, chance = best_strings(answer, 1)[0]
        is_sure = float(np.exp(chance)) >= 0.9
        value = extract_value(text)
        results.append(Result(extract_value(strip.text), value, is_sure))
    return results


def read_together(reader: FormReader, strips: Sequence[RealStrip]) -> list[Result]:
    """Read strips as `formreader scan --strip` does."""
    results = []
    for strip in strips:
        field = reader.read_strip(strip.pixels)
        accepted = not field.needs_review
        results.append(Result(extract_value(strip.text), field.value, accepted))
    return results


def summarize(results: Sequence[Result]) -> str:
    """Say how many were right, and how many went wrong unnoticed."""
    right = np.array([one.is_right for one in results])
    accepted = np.array([one.is_accepted for one in results])
    silent = int(np.sum(accepted & ~right))
    return (
        f"{len(results)} strips, {right.mean():.1%} exact, {accepted.mean():.1%} "
        f"accepted, {silent} of these wrong ({silent / max(1, accepted.sum()):.1%})"
    )


if __name__ == "__main__":
    main()
