"""Matches a batch of fields to a roster whose entries occur once each.

A number that could be one of two people's is settled when the other has handed in a
form of their own. The whole batch is matched at once: the assignment with the greatest
product of probabilities, where a field may also stay without an entry.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from formreader.acceptance import AcceptancePolicy, accept
from formreader.forms.rules.joint import SLIP
from formreader.forms.rules.outcomes import Outcome, merge_alike
from formreader.forms.templates.entries import FieldTemplate
from formreader.forms.templates.template import FormTemplate
from formreader.readings import Alternative, FieldReading, PageReading

__all__ = ["assign_pages", "assign_roster", "assign_rows", "has_assignment"]


def has_assignment(templates: Sequence[FormTemplate]) -> bool:
    """Tell whether a field of these forms waits for the whole batch to be read."""
    return any(field.assign for form in templates for field in form.fields)


def assign_pages(
    pages: Sequence[PageReading],
    templates: Sequence[FormTemplate],
    policy: AcceptancePolicy,
) -> tuple[PageReading, ...]:
    """Match the fields that say `assign = "unique"` to their rosters.

    Args:
        pages: All readings of a batch, after the rules of their page.
        templates: The forms by which they were read, each with a name of its own.
        policy: What is asked of a field that no person looks at.

    Returns:
        The readings in the same order, each entry of a roster used once for each field
        of each form; pages without such a field as they were.
    """
    settled = list(pages)
    for form in templates:
        for field in form.fields:
            if field.assign is not None:
                _assign_field(settled, form.name, field, policy)
    return tuple(settled)


def _assign_field(
    pages: list[PageReading],
    form: str,
    template: FieldTemplate,
    policy: AcceptancePolicy,
) -> None:
    """Match one field of one form through all pages, in place."""
    places = [
        (number, index)
        for number, page in enumerate(pages)
        if page.form == form
        for index, field in enumerate(page.fields)
        if field.name == template.name
    ]
    read = [pages[number].fields[index] for number, index in places]
    matched = assign_roster(read, template.one_of or (), policy)
    for (number, index), field in zip(places, matched, strict=True):
        fields = pages[number].fields
        changed = (*fields[:index], field, *fields[index + 1 :])
        pages[number] = replace(pages[number], fields=changed)


def assign_rows(costs: Sequence[Mapping[int, float]]) -> list[int]:
    """Give each row a column of its own so that the sum of costs is least.

    Args:
        costs: For each row the columns that it may have, and what they cost, >= 0.

    Returns:
        The column of each row.

    Raises:
        ValueError: If there are not enough columns.

    Example:
        >>> assign_rows([{0: 1.0, 1: 2.0}, {0: 1.0, 1: 9.0}])
        [1, 0]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    if not costs:
        return []
    columns = [column for row in costs for column in row]
    if len(set(columns)) < len(costs):
        raise ValueError(f"{len(set(columns))} columns are too few for {len(costs)}")
    # To SciPy a cost of 0 is no entry; all rows pay the 1 more.
    weights = [1.0 + cost for row in costs for cost in row.values()]
    ends = np.cumsum([0, *map(len, costs)])
    shape = (len(costs), max(columns) + 1)
    _, assigned = min_weight_full_bipartite_matching(
        csr_array((weights, columns, ends), shape)
    )
    return [int(column) for column in assigned]


def assign_roster(
    fields: Sequence[FieldReading], entries: Sequence[str], policy: AcceptancePolicy
) -> tuple[FieldReading, ...]:
    """Match the fields of a batch to the entries of a roster, each used once.

    Args:
        fields: The same field of every form of the batch, after `apply_rules`. Fields
            without a value, blank or unreadable, take no part and stay as they are.
        entries: The roster.
        policy: What is asked of a field that no person looks at.

    Returns:
        The fields in the same order. One that fits no entry, or whose entry fits
        another field better, keeps its value, has the flag `rule_failed` and needs
        review.
    """
    known = frozenset(entries)
    candidates = [_Candidates(field, known) for field in fields]
    taking_part = [one for one in candidates if one.field.value]
    _match(taking_part)
    _add_rivals(taking_part)
    return tuple(
        accept(one.outcome().settle(one.field, policy.threshold), policy)
        if one.field.value
        else one.field
        for one in candidates
    )


class _Candidates:
    """What a field may say, and which entry it gets.

    Attributes:
        field: The field.
        weights: Probability of each entry that is more probable than to have none.
        outside: Weight of having none: of a slip where an entry was read, else of what
            was read.
        others: Its other readings.
        rest: Weight of everything else.
        entry: The entry it gets, or None.
        rivals: Weight of what else the batch would allow.
    """

    def __init__(self, field: FieldReading, entries: frozenset[str]) -> None:
        self.field, self.rivals = field, 0.0
        self.entry: str | None = None
        self.others = merge_alike(field)
        listed = {field.value: field.confidence} | {
            other.value: other.probability for other in self.others if other.value
        }
        inside = {value: p for value, p in listed.items() if value in entries}
        slip = SLIP if field.value in inside else 1.0
        self.outside = max(field.confidence * slip, 1e-12)
        self.weights = {v: p for v, p in inside.items() if p > self.outside}
        self.rest = max(0.0, 1 - sum(self.weights.values()))

    def weight(self, entry: str | None) -> float:
        if entry is None:
            return self.outside
        return self.weights.get(entry, 0.0)

    def outcome(self) -> Outcome:
        if self.entry is None:
            return self._unmatched()
        weight = self.weight(self.entry)
        confidence = weight / (weight + self.rivals + self.rest)
        read = Alternative(self.field.value, self.field.raw, self.field.confidence)
        others = [one for one in (read, *self.others) if one.value != self.entry]
        return Outcome(
            self.entry, confidence, _share(others, 1 - confidence), failed=False
        )

    def _unmatched(self) -> Outcome:
        confidence = self.field.confidence
        return Outcome(self.field.value, confidence, tuple(self.others), failed=True)


def _share(others: Sequence[Alternative], doubt: float) -> tuple[Alternative, ...]:
    """Keep the probabilities of other readings within the doubt that is left."""
    total = sum(other.probability for other in others)
    scale = min(1.0, doubt / total) if total > 0 else 0.0
    scaled = [
        Alternative(other.value, other.raw, other.probability * scale)
        for other in others
    ]
    return tuple(sorted(scaled, key=lambda other: -other.probability))


def _match(fields: Sequence[_Candidates]) -> None:
    """Find the most probable assignment; each field may also stay by itself."""
    entries = list(dict.fromkeys(entry for one in fields for entry in one.weights))
    place = {entry: column for column, entry in enumerate(entries)}
    costs = [
        {place[entry]: -math.log(min(1.0, p)) for entry, p in one.weights.items()}
        | {len(entries) + row: -math.log(min(1.0, one.outside))}
        for row, one in enumerate(fields)
    ]
    for one, column in zip(fields, assign_rows(costs), strict=True):
        one.entry = entries[column] if column < len(entries) else None


def _add_rivals(fields: Sequence[_Candidates]) -> None:
    """Weigh, for each field with an entry, what could be instead in the batch.

    Looked at are the changes that touch one or two fields: it may take a free entry; it
    may take that of another field, which then takes what is free, its old entry or
    none; or another field may take its entry, while it goes free. What they cost the
    other field tempers them.
    """
    owners = {one.entry: one for one in fields if one.entry is not None}
    wanting: dict[str, list[_Candidates]] = {}
    for one in fields:
        for entry in one.weights:
            wanting.setdefault(entry, []).append(one)
    free = {id(one): _best_free(one, owners) for one in fields}
    for entry, one in owners.items():
        for wanted, weight in one.weights.items():
            owner = owners.get(wanted)
            if owner is None:
                one.rivals += weight
            elif owner is not one:
                moved = max(free[id(owner)], owner.weight(entry))
                one.rivals += weight * min(1.0, moved / owner.weight(wanted))
        for other in wanting[entry]:
            if other is not one:
                gain = other.weight(entry) / other.weight(other.entry)
                one.rivals += free[id(one)] * gain


def _best_free(one: _Candidates, owners: dict[str, _Candidates]) -> float:
    """Find the weight of the best that a field may take without touching another."""
    free = (weight for entry, weight in one.weights.items() if entry not in owners)
    return max((one.outside, *free))
