# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""System times, kept apart from the body: when an entity, an attribute's instance, a sub-attribute came and changed.

What has the times of what it belongs to is not listed, so a freshly written entity costs two times in all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hanse.ngsild import kinds
from hanse.ngsild.errors import NgsiLdError
from hanse.ngsild.patching import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.ngsild.patching import Change, Outcome

Json = Any
_WITH_BELOW: Final = 3


@dataclass(frozen=True, slots=True)
class Times:
    """createdAt and modifiedAt of one thing, in UTC as they are written, and of what lies below it.

    Attributes:
        created: createdAt.
        modified: modifiedAt.
        below: by stored name, then datasetId ("" for the default instance); absent when equal to these.
    """

    created: str
    modified: str
    below: Mapping[str, Mapping[str, Times]] = field(default_factory=dict)

    @classmethod
    def born(cls, at: str) -> Times:
        """Return the times of what was just created."""
        return cls(at, at)

    @classmethod
    def from_json(cls, value: Json) -> Times:
        """Read what to_json wrote. Raises NgsiLdError for anything else."""
        if not isinstance(value, list) or len(value) not in {2, _WITH_BELOW}:
            raise NgsiLdError("system times are [created, modified] or [created, modified, below]")
        below = value[2] if len(value) == _WITH_BELOW else {}
        return cls(
            str(value[0]),
            str(value[1]),
            {name: {key: cls.from_json(one) for key, one in table.items()} for name, table in below.items()},
        )

    def to_json(self) -> Json:
        """Return [created, modified], and a third entry for what lies below and differs."""
        below = {name: {key: one.to_json() for key, one in table.items()} for name, table in self.below.items()}
        return [self.created, self.modified, below] if below else [self.created, self.modified]

    def of(self, name: str, dataset_id: str | None) -> Times:
        """Return the times of an instance below."""
        return self.below.get(name, {}).get(dataset_id or "") or Times(self.created, self.modified)


def advanced(times: Times, outcome: Outcome, at: str) -> Times:
    """Return the times after an operation at ``at``: what it wrote is modified then, what it made was created then."""
    if not outcome.changes:
        return times
    changes = {(change.attribute, change.dataset_id): change for change in outcome.changes}
    below = {
        name: {
            kinds.dataset_of(one) or "": _instance(times, name, one, changes.get((name, kinds.dataset_of(one))), at)
            for one in kinds.instances(value)
        }
        for name, value in kinds.attributes(outcome.entity)
    }
    return _compressed(Times(times.created, at, below))


def _instance(times: Times, name: str, instance: Mapping[str, Json], change: Change | None, at: str) -> Times:
    dataset = kinds.dataset_of(instance)
    before = times.of(name, dataset)
    if change is None:
        return before
    if change.kind is ChangeKind.CREATED or change.before is None:
        return Times.born(at)
    return _changed(before, change.before, instance, at)


def _changed(times: Times, before: Mapping[str, Json], after: Mapping[str, Json], at: str) -> Times:
    """Sub-attributes keep their times where they did not change."""
    below: dict[str, dict[str, Times]] = {}
    for name, value in kinds.sub_attributes(after):
        old = {kinds.dataset_of(one): one for one in kinds.instances(before[name])} if name in before else {}
        table = below.setdefault(name, {})
        for one in kinds.instances(value):
            dataset = kinds.dataset_of(one)
            known = times.of(name, dataset)
            if dataset not in old:
                table[dataset or ""] = Times.born(at)
            else:
                table[dataset or ""] = known if old[dataset] == one else _changed(known, old[dataset], one, at)
    return _compressed(Times(times.created, at, below))


def _compressed(times: Times) -> Times:
    same = Times(times.created, times.modified)
    below = {
        name: {key: one for key, one in table.items() if one != same}
        for name, table in times.below.items()
        if any(one != same for one in table.values())
    }
    return Times(times.created, times.modified, below)
