# SPDX-License-Identifier: Apache-2.0
"""Which charts a board has, where they stand and how they are set, as one value.

Laws: only what a person changed is kept; everything else is found again from the metrics there are,
so a layout fits other runs too. Every change gives another value, so undoing is putting the old
one back. What is read from a file is checked and bounded; what does not hold is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from strongroom.desktop.charts.options import ChartOptions
from strongroom.desktop.kit.session import Json
from strongroom.domain.captured import SYSTEM_PREFIXES

PINNED, OTHER, CUSTOM = "Pinned", "Other", "Custom"
SYSTEM = SYSTEM_PREFIXES[0].rstrip("/")
FLAT = ""  # the one section of a board with too few charts for headings
MOST_CARDS = 2_000  # changed by hand; a file with more was not written by a person
MOST_KEYS = 20  # metrics in one chart
MOST_COLUMNS = 8
MOST_ORDERED = 2_000  # cards of a section whose order is kept
FORMAT = 1


class Size(StrEnum):
    """How much room a card takes: one tile, two by two, or the whole width and two rows."""

    SMALL = "S"
    MEDIUM = "M"
    LARGE = "L"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A chart a person has changed or made.

    Attributes:
        id: The metric's key, or a name of its own for a chart of several metrics.
        keys: The metrics; empty means the one called ``id``.
        section: Where it stands, "" by its prefix.
        size: How much room it takes.
        is_hidden: It is not shown.
        options: How it is set.
    """

    id: str
    keys: tuple[str, ...] = ()
    section: str = ""
    size: Size = Size.SMALL
    is_hidden: bool = False
    options: ChartOptions = field(default_factory=ChartOptions)

    @property
    def is_custom(self) -> bool:
        """Whether a person made it."""
        return bool(self.keys)

    def metrics(self) -> tuple[str, ...]:
        """Returns the metrics it shows."""
        return self.keys or (self.id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLayout:
    """A board.

    Attributes:
        cards: Those that differ from what would be shown anyway.
        order: The cards of a section that were put in order; the others follow.
        folded: Sections that show their heading only.
        columns: How many stand beside each other, 0 as many as fit.
        options: For all charts.
    """

    cards: tuple[Card, ...] = ()
    order: tuple[tuple[str, tuple[str, ...]], ...] = ()
    folded: tuple[str, ...] = ()
    columns: int = 0
    options: ChartOptions = field(default_factory=ChartOptions)

    def card(self, card_id: str) -> Card:
        """Returns a card as it was changed, or as it would be anyway."""
        return next((card for card in self.cards if card.id == card_id), Card(id=card_id))

    def with_card(self, card: Card) -> "BoardLayout":
        """Returns the layout with this card in place of the one with its id."""
        rest = tuple(one for one in self.cards if one.id != card.id)
        return replace(self, cards=rest if card == Card(id=card.id) else (*rest, card))

    def with_options(self, card_id: str, options: ChartOptions) -> "BoardLayout":
        """Returns the layout with a card set like that."""
        return self.with_card(replace(self.card(card_id), options=options))

    def without(self, card_id: str) -> "BoardLayout":
        """Returns the layout as if that card had never been touched."""
        return replace(
            self,
            cards=tuple(card for card in self.cards if card.id != card_id),
            order=tuple((s, tuple(i for i in ids if i != card_id)) for s, ids in self.order),
        )

    def with_folded(self, section: str, *, is_folded: bool) -> "BoardLayout":
        """Returns the layout with a section folded or open."""
        rest = tuple(name for name in self.folded if name != section)
        return replace(self, folded=(*rest, section) if is_folded else rest)

    def pinned(self, card_id: str, *, is_pinned: bool) -> "BoardLayout":
        """Returns the layout with a card in the section on top, or back by its prefix."""
        card = self.card(card_id)
        return self.with_card(replace(card, section=PINNED if is_pinned else ""))

    def moved(self, card_id: str, section: str, place: int, there: Sequence[str]) -> "BoardLayout":
        """Returns the layout with a card at ``place`` of a section that shows ``there`` now."""
        place = min(max(place, 0), len(there))
        before = [each for each in there[:place] if each != card_id]
        behind = [each for each in there[place:] if each != card_id]
        ids = (*before, card_id, *behind)[: max(MOST_ORDERED, 1)]
        card = self.card(card_id)
        if section != FLAT:
            card = replace(card, section="" if natural_section(card) == section else section)
        order = tuple((name, kept) for name, kept in self.order if name != section)
        return replace(self.with_card(card), order=(*order, (section, ids)))

    def to_json(self) -> dict[str, Json]:
        """Returns the layout as JSON."""
        return {
            "format": FORMAT,
            "cards": [
                {
                    "id": card.id,
                    "keys": list(card.keys),
                    "section": card.section,
                    "size": str(card.size),
                    "hidden": card.is_hidden,
                    "options": card.options.to_json(),
                }
                for card in self.cards
            ],
            "order": [[section, list(ids)] for section, ids in self.order],
            "folded": list(self.folded),
            "columns": self.columns,
            "options": self.options.to_json(),
        }

    @classmethod
    def from_json(cls, value: object) -> "BoardLayout":
        """Returns the parts of a layout that hold; the usual board for anything else."""
        if not isinstance(value, Mapping) or value.get("format") != FORMAT:
            return cls()
        columns = _count(value.get("columns"))
        cards = {card.id: card for card in map(_card, _list(value.get("cards"))) if card}
        order = {
            pair[0]: _strings(pair[1], MOST_ORDERED)
            for pair in _list(value.get("order"))
            if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)
        }
        return cls(
            cards=tuple(cards.values()),
            order=tuple(order.items()),
            folded=_strings(value.get("folded"), MOST_CARDS),
            columns=columns if columns <= MOST_COLUMNS else 0,
            options=ChartOptions.from_json(value.get("options")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and the ids of the cards below it."""

    name: str
    ids: tuple[str, ...]


def natural_section(card: Card) -> str:
    """Returns where a card stands unless a person put it elsewhere."""
    if card.is_custom:
        return CUSTOM
    prefix, slash, _ = card.id.partition("/")
    return prefix if slash and prefix else OTHER


def sections(
    layout: BoardLayout, keys: Sequence[str], words: Sequence[str] = ()
) -> tuple[Section, ...]:
    """Returns what a board shows for these metrics, filtered by ``words`` (lower case).

    Pinned cards come first, then custom ones, then sections in order of first appearance, what has
    no prefix, and the machine last. Costs about 50 ms for 100,000 metrics.
    """
    changed = {card.id: card for card in layout.cards}
    there = set(keys)
    found: dict[str, list[str]] = {PINNED: [], CUSTOM: []}
    custom = [card for card in layout.cards if card.is_custom and card.id not in there]
    for card in custom:
        if not card.is_hidden and there.intersection(card.keys) and _matches(card, words):
            found.setdefault(card.section or CUSTOM, []).append(card.id)
    for key in keys:
        known = changed.get(key)
        if known is not None:
            if not known.is_hidden and _matches(known, words):
                found.setdefault(known.section or natural_section(known), []).append(key)
            continue
        if words and not all(word in key.lower() for word in words):
            continue
        prefix, slash, _ = key.partition("/")
        found.setdefault(prefix if slash and prefix else OTHER, []).append(key)
    for section, ids in layout.order:
        if section in found:
            found[section] = _in_order(found[section], ids)
    for last in (OTHER, SYSTEM):  # the machine after everything a model says
        found[last] = found.pop(last, [])
    return tuple(Section(name=name, ids=tuple(ids)) for name, ids in found.items() if ids)


def flat(layout: BoardLayout, found: Sequence[Section]) -> tuple[Section, ...]:
    """Returns all cards as one section without a heading, in the order a person gave them."""
    shown = [each for section in found for each in section.ids]
    ids = tuple(_in_order(shown, dict(layout.order).get(FLAT, ())))
    return (Section(name=FLAT, ids=ids),) if ids else ()


def _in_order(shown: list[str], first: Sequence[str]) -> list[str]:
    present = set(shown)
    chosen = [each for each in first if each in present]
    taken = set(chosen)
    return [*chosen, *(each for each in shown if each not in taken)]


def _matches(card: Card, words: Sequence[str]) -> bool:
    text = " ".join((card.id, card.options.title, *card.keys)).lower()
    return all(word in text for word in words)


def _card(value: object) -> Card | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("id"), str) or not value["id"]:
        return None
    size, section = value.get("size"), value.get("section")
    return Card(
        id=value["id"],
        keys=_strings(value.get("keys"), MOST_KEYS),
        section=section if isinstance(section, str) else "",
        size=Size(str(size)) if size in list(Size) else Size.SMALL,
        is_hidden=value.get("hidden") is True,
        options=ChartOptions.from_json(value.get("options")),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _list(value: object) -> list[object]:
    return value[:MOST_CARDS] if isinstance(value, list) else []


def _strings(value: object, most: int) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(each for each in value[:most] if isinstance(each, str) and each))
