"""Weighs what fields may say against rules that bind them together.

The reader says how probable each value of a field is. A rule is further evidence, but
no proof: people write numbers that break the rules of a form. So a combination of
values that breaks one counts `SLIP` of what it would count otherwise, and what the
reader did not list counts in full, as if it kept every rule. Both make for doubt; the
posterior of a value is what is left for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import prod

__all__ = ["SLIP", "Case", "Verdict", "weigh_jointly"]

SLIP = 0.01
"""How often a person writes what breaks a rule: a supposition of the order of slips in
simple tasks. A larger figure repairs less and leaves more to people."""

_MOST = 1024  # combinations looked at; all there are of three fields with ten values
_NEGLIGIBLE = 1e-4  # share of all combinations that is left unseen


@dataclass(frozen=True)
class Case:
    """What one field may say.

    Attributes:
        values: Values to choose from; the first is the one that was read.
        weights: The reader's probability of each, above 0; that of the first times
            `SLIP` if it breaks a rule of its field. The others break none.
        is_sound: Whether the value that was read keeps the rules of its field.
        rest: Weight of everything else.
    """

    values: tuple[str, ...]
    weights: tuple[float, ...]
    is_sound: bool
    rest: float

    @property
    def listed(self) -> float:
        """Weight of the values to choose from."""
        return sum(self.weights)

    @property
    def total(self) -> float:
        """Weight of all values."""
        return self.listed + self.rest


@dataclass(frozen=True)
class Verdict:
    """What follows from the rules.

    Attributes:
        chosen: For each case the position of its value.
        posteriors: For each case the posterior of each of its values.
        scales: For each case what turns a weight within its `rest` into a posterior.
    """

    chosen: tuple[int, ...]
    posteriors: tuple[tuple[float, ...], ...]
    scales: tuple[float, ...]


def weigh_jointly(
    cases: Sequence[Case], holds: Callable[[tuple[int, ...]], bool]
) -> Verdict:
    """Choose the most probable combination of values under the rules.

    What was read stays if it breaks no rule, or if nothing that mends it is more
    probable than the person's slip.

    Args:
        cases: Fields bound together, at least one.
        holds: Tells for a position in each case whether the rules between them hold.

    Returns:
        The choice and how probable it is.
    """
    first = (0,) * len(cases)
    read_holds = holds(first)
    best, best_weight = first, _weight(cases, first) * (1.0 if read_holds else SLIP)
    may_change = not (read_holds and all(case.is_sound for case in cases))
    sums = [[0.0] * len(case.values) for case in cases]
    unseen = prod(case.listed for case in cases)
    for positions, weight in _most_probable(cases):
        unseen -= weight
        all_hold = holds(positions)
        weight *= 1.0 if all_hold else SLIP
        is_repair = all_hold or _keeps_sound(cases, positions)
        if may_change and is_repair and weight > best_weight:
            best, best_weight = positions, weight
        for row, position in zip(sums, positions, strict=True):
            row[position] += weight
    posteriors, scales = _normalize(cases, sums, max(0.0, unseen))
    return Verdict(best, posteriors, scales)


def _normalize(
    cases: Sequence[Case], sums: list[list[float]], unseen: float
) -> tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]:
    """Turn the weights of combinations into posteriors of each case.

    Where another field says something unlisted, nothing is known about the rules
    between fields, and a value counts what the reader gives it.
    """
    listed = prod(case.listed for case in cases)
    total = prod(case.total for case in cases)
    evidence = sum(sums[0]) + unseen + (total - listed)
    posteriors, scales = [], []
    for case, row in zip(cases, sums, strict=True):
        others = total / case.total
        unlisted = others - listed / case.listed
        posteriors.append(
            tuple(
                (seen + weight * unlisted) / evidence
                for seen, weight in zip(row, case.weights, strict=True)
            )
        )
        scales.append(others / evidence)
    return tuple(posteriors), tuple(scales)


def _keeps_sound(cases: Sequence[Case], positions: tuple[int, ...]) -> bool:
    """Tell whether only values that break a rule of their own field are replaced."""
    return all(
        position == 0 or not case.is_sound
        for case, position in zip(cases, positions, strict=True)
    )


def _weight(cases: Sequence[Case], positions: tuple[int, ...]) -> float:
    return prod(c.weights[p] for c, p in zip(cases, positions, strict=True))


def _most_probable(
    cases: Sequence[Case],
) -> Iterator[tuple[tuple[int, ...], float]]:
    """List combinations by falling weight, until hardly any weight is left.

    Each case's values are ranked; a combination is followed by those that take the next
    rank in one place, not left of the place that was moved last, so that each is met
    once.
    """
    ranked = [
        sorted(range(len(case.values)), key=lambda p: -case.weights[p])
        for case in cases
    ]
    left = prod(case.listed for case in cases)
    enough = left * _NEGLIGIBLE
    queue: list[tuple[float, tuple[int, ...], int]] = []

    def push(ranks: tuple[int, ...], moved: int) -> None:
        positions = tuple(row[rank] for row, rank in zip(ranked, ranks, strict=True))
        heappush(queue, (-_weight(cases, positions), ranks, moved))

    push((0,) * len(cases), 0)
    for _ in range(_MOST):
        if not queue or left <= enough:
            return
        negative, ranks, moved = heappop(queue)
        left += negative
        positions = tuple(row[rank] for row, rank in zip(ranked, ranks, strict=True))
        yield positions, -negative
        for place in range(moved, len(cases)):
            if ranks[place] + 1 < len(ranked[place]):
                stepped = (*ranks[:place], ranks[place] + 1, *ranks[place + 1 :])
                push(stepped, place)
