# SPDX-License-Identifier: Apache-2.0
"""What a table shows: columns, rows, groups, notices, and typed cells.

* A cell is a frozen value; the delegate paints it and nothing else decides how it looks.
* Every cell has words: for tooltips, for copying, for type-ahead, for a screen reader.
* A missing value is `MISSING`, a dash, never 0 and never an empty cell by accident.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from strongroom.desktop.kit import marks, wording
from strongroom.desktop.kit.marks import Trust, Verdict
from strongroom.desktop.kit.paint import Align, Tone
from strongroom.desktop.kit.tokens import Role


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        key: Its id, used by signals.
        title: Its header, with the unit (``p95, ms``).
        width: Width in px at 100 %.
        align: Of header and cells.
        stretch: Takes the room that is left; at most one column.
        group: The group name above neighbouring columns (makes the header 44 high).
        sub: A second line in the header.
        series: The run colour of a dot before the title.
        icon: An icon instead of the title, which stays the accessible name.
        hint: A tooltip of the header.
        sortable: A click on the header sorts by `Row.order` and emits ``sort_requested``.
        checks: Holds `CheckCell`s; the header shows a box for all of them.
    """

    key: str
    title: str
    width: int = 120
    align: Align = "left"
    stretch: bool = False
    group: str = ""
    sub: str = ""
    series: int | None = None
    icon: str = ""
    hint: str = ""
    sortable: bool = False
    checks: bool = False


@dataclass(frozen=True, slots=True)
class TextCell:
    """Words; ``strong`` is weight 500, ``link`` emits ``link_followed`` when clicked.

    ``note`` stands behind them in grey; ``spoken`` says both to people who cannot see them;
    ``depth`` indents them below a `Group` of the same depth.
    """

    text: str
    role: Role = "text_primary"
    strong: bool = False
    mono: bool = False
    icon: str = ""
    icon_role: Role = "text_secondary"
    link: bool = False
    note: str = ""
    spoken: str = ""
    depth: int = 0

    @property
    def words(self) -> str:
        """The text and its note."""
        return self.spoken or (f"{self.text}, {self.note}" if self.note else self.text)


@dataclass(frozen=True, slots=True)
class TwoLineCell:
    """A name and a grey line below it; needs 48 px rows."""

    text: str
    below: str
    icon: str = ""
    icon_role: Role = "text_secondary"

    @property
    def words(self) -> str:
        """Both lines."""
        return f"{self.text}, {self.below}" if self.below else self.text


@dataclass(frozen=True, slots=True)
class NumberCell:
    """A figure in tabular digits; the delta stands in its own slot so that figures align.

    ``slot`` keeps the room of a delta even where there is none, ``mono`` shows a digest or a
    commit, ``spoken`` says the whole of it.
    """

    text: str
    delta: str = ""
    tone: Tone = "mute"
    strong: bool = False
    role: Role = "text_primary"
    slot: bool = False
    mono: bool = False
    spoken: str = ""

    @property
    def words(self) -> str:
        """The figure and its delta."""
        return self.spoken or (f"{self.text} ({self.delta})" if self.delta else self.text)


@dataclass(frozen=True, slots=True)
class BadgeCell:
    """A badge."""

    text: str
    tone: Tone = "mute"
    icon: str = ""

    @property
    def words(self) -> str:
        """The word."""
        return self.text


@dataclass(frozen=True, slots=True)
class StageCell:
    """A stage: glyph and name."""

    stage: str

    @property
    def words(self) -> str:
        """The name of the stage."""
        return self.stage


@dataclass(frozen=True, slots=True)
class MoveCell:
    """A move from one stage to another."""

    before: str
    after: str

    @property
    def words(self) -> str:
        """Both stages."""
        return f"{self.before} to {self.after}"


@dataclass(frozen=True, slots=True)
class TrustCell:
    """A trust outcome; ``icon_only`` keeps the word in tooltip and accessible text."""

    state: Trust
    text: str = ""
    icon_only: bool = False

    @property
    def words(self) -> str:
        """The given words or the outcome's."""
        mark = marks.TRUST[self.state]
        return self.text or (mark.word if self.icon_only else mark.short)


@dataclass(frozen=True, slots=True)
class VerdictCell:
    """The result of a gate, or of several (``7 of 8``)."""

    verdict: Verdict
    text: str = ""

    @property
    def words(self) -> str:
        """The word of the verdict, after the given words if there are any."""
        word = marks.VERDICT[self.verdict].word
        return f"{self.text}, {word}" if self.text else word


@dataclass(frozen=True, slots=True)
class PersonCell:
    """A person with initials, or a machine with an icon."""

    name: str
    icon: str = ""

    @property
    def words(self) -> str:
        """The name."""
        return self.name


@dataclass(frozen=True, slots=True)
class DigestCell:
    """A digest in groups of four, elided in the middle; ``groups`` 0 shows all of it."""

    digest: str
    groups: int = 4

    @property
    def words(self) -> str:
        """The whole digest."""
        return wording.digest(self.digest)


@dataclass(frozen=True, slots=True)
class TimeCell:
    """A time: short in the cell, exact in the tooltip."""

    text: str
    exact: str = ""
    role: Role = "text_secondary"

    @classmethod
    def at(cls, time_us: int | None, now_us: int) -> "TimeCell | MissingCell":
        """Returns the cell of a time, `MISSING` for None."""
        if time_us is None:
            return MISSING
        return cls(wording.moment(time_us, now_us), wording.exact(time_us))

    @property
    def words(self) -> str:
        """The short and the exact form."""
        return f"{self.text}, {self.exact}" if self.exact else self.text


@dataclass(frozen=True, slots=True)
class CheckCell:
    """A check box; ``name`` says what it chooses. A click or Space emits ``checked``."""

    state: bool | None
    name: str = ""
    enabled: bool = True

    @property
    def words(self) -> str:
        """What it chooses and whether it is chosen."""
        state = {True: "chosen", False: "not chosen", None: "partly chosen"}[self.state]
        return f"{self.name} {state}".strip()


@dataclass(frozen=True, slots=True)
class RunCell:
    """The name of a run with the dot of its chart colour (hollow when not charted).

    ``note`` stands behind it in grey, as far as there is room.
    """

    name: str
    series: int | None = None
    note: str = ""

    @property
    def words(self) -> str:
        """The name and its note."""
        return f"{self.name}, {self.note}" if self.note else self.name


@dataclass(frozen=True, slots=True)
class SparkCell:
    """A small line through some values; ``text`` says in words what it shows."""

    values: tuple[float, ...]
    text: str
    series: int | None = None

    @property
    def words(self) -> str:
        """The words that stand for the line."""
        return self.text


@dataclass(frozen=True, slots=True)
class BarCell:
    """A bar filled to ``share`` (0 to 1) with its words at the right."""

    share: float
    text: str

    @property
    def words(self) -> str:
        """The words beside the bar."""
        return self.text


@dataclass(frozen=True, slots=True)
class SpreadCell:
    """How numbers are spread: a line from 5 to 95 %, a box around the middle half, the median.

    ``quantiles`` are those of 5, 25, 50, 75 and 95 %; ``low`` and ``high`` the ends of the axis.
    """

    quantiles: tuple[float, float, float, float, float]
    low: float
    high: float
    text: str

    @property
    def words(self) -> str:
        """The words that stand for the picture."""
        return self.text


@dataclass(frozen=True, slots=True)
class SharesCell:
    """Shares of a whole (0 to 1 each) beside each other, the rest empty; ``text`` says them."""

    shares: tuple[float, ...]
    text: str

    @property
    def words(self) -> str:
        """The words that stand for the picture."""
        return self.text


@dataclass(frozen=True, slots=True)
class MissingCell:
    """No value: a dash."""

    @property
    def words(self) -> str:
        """What a dash means."""
        return "no value"


MISSING = MissingCell()

Cell = (
    TextCell
    | TwoLineCell
    | NumberCell
    | BadgeCell
    | StageCell
    | MoveCell
    | TrustCell
    | VerdictCell
    | PersonCell
    | DigestCell
    | TimeCell
    | CheckCell
    | RunCell
    | SparkCell
    | BarCell
    | SpreadCell
    | SharesCell
    | MissingCell
)
"""Anything a cell can be."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a key that signals carry, and one cell for each column.

    Attributes:
        key: Unique in the table.
        cells: In the order of the columns, made when they are seen if there are many; None leaves
            a cell empty.
        height: In px at 100 %, 0 takes the table's.
        tint: Tints the whole row (only where something is wrong).
        order: Values to sort by, by column key.
        quiet: Paints names grey (``Same``: nothing to do).
    """

    key: str
    cells: Sequence[Cell | None]
    height: int = 0
    tint: Literal["", "warn", "bad"] = ""
    order: Mapping[str, float | str] = field(default_factory=dict)
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A heading above the rows that follow, up to the next group.

    Attributes:
        key: Unique in the table.
        title: Its name.
        note: A grey count behind it.
        aggregates: Words under columns, by column key.
        depth: Of a group inside the group before it with a smaller one; it folds with that.
    """

    key: str
    title: str
    note: str = ""
    aggregates: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence across the table at the exact row it is about, such as a gap in a log.

    ``folds`` says that it belongs to the group above and goes with it.
    """

    key: str
    text: str
    tone: Tone = "warn"
    icon: str = "triangle-alert"
    folds: bool = True


Line = Row | Group | Notice
"""Anything a table shows on one line."""
