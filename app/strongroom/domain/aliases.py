# SPDX-License-Identifier: Apache-2.0
"""Aliases: names such as ``champion`` that point at one version of a model.

One lane an alias, with the same idea as stages: parents name the current head, a concurrent second
setting is a conflict in which the alias stays where it was, and a setting that names all
conflicting ones resolves it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.domain.chains import Chains
from strongroom.domain.event import Event
from strongroom.domain.registry import VersionKey

AliasName = tuple[str, str]
"""A model and one of its aliases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasState:
    """Where an alias points, what a new setting must name as parents, and open conflicts."""

    target: VersionKey | None
    heads: tuple[str, ...]
    conflict: tuple[str, ...]


def fold_aliases(settings: Iterable[Event], chains: Chains) -> Mapping[AliasName, AliasState]:
    """Folds valid ``alias.set`` events, each of a registered version or of none."""
    by_alias: dict[AliasName, list[Event]] = {}
    for event in settings:
        by_alias.setdefault((str(event.body["model"]), str(event.body["alias"])), []).append(event)
    return {alias: _fold_one(events, chains) for alias, events in by_alias.items()}


def _fold_one(events: Sequence[Event], chains: Chains) -> AliasState:
    heads: tuple[str, ...] = ()
    target: VersionKey | None = None
    while True:
        children = [event for event in events if tuple(event.body["parents"]) == heads]
        standing = [
            event
            for event in children
            if not any(chains.has_seen(event, other) for other in children if other != event)
        ]
        if not standing:
            return AliasState(target=target, heads=heads, conflict=())
        ids = tuple(sorted(event.id for event in standing))
        if len(standing) > 1:
            if not any(tuple(event.body["parents"]) == ids for event in events):
                return AliasState(target=target, heads=ids, conflict=ids)
        else:
            target = _target(standing[0])
        heads = ids


def _target(event: Event) -> VersionKey | None:
    body = event.body
    if body["version"] == 0:
        return None
    return str(body["model"]), int(body["version"]), str(body["tree"])
