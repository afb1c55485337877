r"""Make the checked fields that ship, and measure how often promises are kept.

The results are what `formreader scan --target-error 100%` reads of pages whose truth is
known: so nothing but other flags keeps a field from being accepted, and every threshold
can be tried. Results of the usual threshold do, too, but say nothing of less certain
fields. A value of the truth may list what else is right, as `10.000|10000`; rows whose
column `optional` says yes do not count. Only counts by kind and confidence are written:

    python scripts/measure_promises.py --checked wild.csv wild/truth.csv \
        --checked strips.csv strips/truth.csv --origin "20 pages" -o models/doubt.json

With --halves, the thresholds are learnt from one half of the fields, drawn at random,
and tried on the other, again and again.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from formreader.cli.arguments import parse_share
from formreader.evaluation.checks import find_lowest
from formreader.evaluation.matching import Pair, match_results
from formreader.evaluation.tables import read_results, read_truth
from formreader.options import ReadingOptions
from formreader.promises.checks import Check, CheckedFields
from formreader.promises.promise import make_promise
from formreader.promises.report import write_report
from formreader.records import FieldKind

Truths = tuple[tuple[Path, Path], ...]


@dataclass(frozen=True)
class Asked:
    """A field that was asked for: where it stands, and its check if it was accepted."""

    place: tuple[str, int]
    check: Check | None


@dataclass(frozen=True)
class Material:
    """All fields of several sets, and the least confidence that was accepted."""

    asked: tuple[Asked, ...]
    lowest: dict[FieldKind, float]

    def count(self, chosen: Iterable[Asked], origin: str) -> CheckedFields:
        """Count the checks among some of the fields."""
        checks = [one.check for one in chosen if one.check is not None]
        return CheckedFields.of(checks, self.lowest, origin)


@click.command()
@click.option(
    "--checked",
    "sets",
    type=(click.Path(path_type=Path), click.Path(path_type=Path)),
    multiple=True,
    required=True,
    metavar="RESULTS TRUTH",
    help="A field CSV and its truth; several times for several sets.",
)
@click.option("--origin", default="checked pages", help="Where they come from.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write.")
@click.option("--halves", default=0, help="Try thresholds on so many halves.")
@click.option("--target", default="1%", show_default=True, help="Share to promise.")
@click.option("--by-page", is_flag=True, help="Halve the pages, not the fields.")
@click.option("--seed", default=1, show_default=True)
def main(
    sets: Truths,
    origin: str,
    output: Path | None,
    halves: int,
    target: str,
    by_page: bool,
    seed: int,
) -> None:
    """Report what can be promised, write the checks, and try halves."""
    material = load(sets)
    checks = replace(
        material.count(material.asked, origin),
        models=ReadingOptions().sum_up_models(),
    )
    click.echo(write_report(checks), nl=False)
    if output is not None:
        output.write_text(checks.to_json(), encoding="utf-8")
    if halves:
        share = parse_share(target)
        assert share is not None
        click.echo(try_halves(material, share, halves, seed, by_page=by_page))


def load(sets: Truths) -> Material:
    """Compare all sets with their truth.

    Each set was read with one threshold for all kinds. Below the highest of them,
    nothing is known of the fields of the set that was read with it.
    """
    asked: list[Asked] = []
    lowest: dict[FieldKind, float] = {}
    for results, truth in sets:
        rows = list(read_results(results))
        pairs = match_results(read_truth(truth), rows).pairs
        pages = {(Path(row.source).name, row.page) for row in rows}
        asked += list_asked(pairs, pages, find_optional(truth))
        found = find_lowest(rows)
        for kind in found:
            lowest[kind] = max(min(found.values()), lowest.get(kind, 0.0))
    return Material(tuple(asked), lowest)


def list_asked(
    pairs: Sequence[Pair],
    pages: set[tuple[str, int]],
    optional: set[tuple[str, int, str]],
) -> Iterator[Asked]:
    """Yield the fields that were asked for on the pages that were read."""
    for pair in pairs:
        truth, result = pair.truth, pair.result
        place = Path(truth.file).name, truth.page
        if place not in pages or (truth.file, truth.page, truth.field) in optional:
            continue
        check = None
        if result is not None and result.kind and not result.needs_review:
            is_right = result.value in truth.value.split("|")
            check = Check(FieldKind(result.kind), result.confidence, is_right)
        yield Asked(place, check)


def find_optional(truth: Path) -> set[tuple[str, int, str]]:
    """Find the rows that nobody is asked for."""
    with truth.open(encoding="utf-8", newline="") as stream:
        return {
            (row["file"], int(row["page"] or 1), row["field"])
            for row in csv.DictReader(stream)
            if row.get("optional") == "yes"
        }


def try_halves(
    material: Material, target: float, halves: int, seed: int, *, by_page: bool
) -> str:
    """Learn from one half and try the other, and sum up."""
    chance = random.Random(seed)
    broken, shares, empty = 0, [], 0
    for _ in range(halves):
        fitted, tried = halve(material.asked, chance, by_page=by_page)
        thresholds = make_promise(material.count(fitted, ""), target).thresholds
        accepted = [
            one.check.is_right
            for one in tried
            if one.check is not None
            and one.check.confidence >= thresholds[one.check.kind]
        ]
        broken += accepted.count(False) > target * len(accepted)
        empty += not accepted
        shares.append(len(accepted) / max(1, len(tried)))
    could = sum(one.check is not None for one in material.asked) / len(material.asked)
    return (
        f"{target:g} promised on {halves} halves of {len(material.asked)} fields: "
        f"broken in {broken / halves:.1%}; accepted {sum(shares) / halves:.1%} of the "
        f"fields on average, without a promise {could:.1%}; nothing in "
        f"{empty / halves:.1%}"
    )


def halve(
    asked: Sequence[Asked], chance: random.Random, *, by_page: bool
) -> tuple[list[Asked], list[Asked]]:
    """Draw half of the fields, or of the pages."""
    if not by_page:
        mixed = chance.sample(asked, len(asked))
        return mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
    places = sorted({one.place for one in asked})
    drawn = set(chance.sample(places, len(places) // 2))
    inside = [one for one in asked if one.place in drawn]
    return inside, [one for one in asked if one.place not in drawn]


if __name__ == "__main__":
    main()
