# SPDX-License-Identifier: Apache-2.0
"""The overview of a version: trust, stages, signature, files, what it is, how it measures.

* The trust banner has a conclusion and one sentence; what was read again says so.
* What loading a file would do stands beside every file.
"""

import shiboken6

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.cells import (
    BadgeCell,
    Column,
    DigestCell,
    NumberCell,
    Row,
    TextCell,
)
from strongroom.desktop.kit.facts import Fact, KeyValues, Link
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.paint import Tone
from strongroom.desktop.kit.surface import Scroll, Surface, clear, column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.registry import reading
from strongroom.desktop.registry.reading import VersionView
from strongroom.desktop.registry.stage_line import StageLine
from strongroom.domain.clock import from_iso
from strongroom.domain.ids import in_groups
from strongroom.domain.model import MODEL_FILE

RISK_TONE: dict[str, Tone] = {"data-only": "mute", "code-on-load": "bad", "unknown": "warn"}
ABOUT_WIDTH, WIDEST_ABOUT = 344, 460  # px at 100 %, px
BESIDE = 860  # px at 100 %: narrower than this, the facts stand below
_ICONS = {
    ".md": "file-text", ".txt": "list-checks", ".lock": "list-checks", ".json": "file-json",
    ".yaml": "file-code", ".yml": "file-code", ".py": "file-code", ".parquet": "table-2",
    ".csv": "table-2",
}  # fmt: skip


class Overview(Surface):
    """Shows one version.

    Signals:
        run_requested: The source run should be opened (its id).
        alias_requested: An alias should be set.
        conflict_requested: The reviews page should be opened on a conflict.
    """

    run_requested = Signal(str)
    alias_requested = Signal()
    conflict_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("bg_surface", parent=parent)
        self.banner = Banner.for_trust("cannot", "", "")
        self.banner.setObjectName("models.banner")
        self._across: QHBoxLayout | None = None
        self._body = QVBoxLayout()
        self._body.setContentsMargins(24, 12, 24, 24)
        self._body.setSpacing(0)
        inner = Surface("bg_surface")
        inner.setLayout(self._body)
        scroll = Scroll(inner)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.addWidget(scroll)

    def show_version(self, view: VersionView, now_us: int) -> None:
        """Shows a version as it was read."""
        clear(self._body)
        self.banner = Banner.for_trust(view.trust, reading.trust_sentence(view, now_us), "")
        self.banner.setObjectName("models.banner")
        self._body.addWidget(self.banner)
        if view.model.conflicts:
            self._body.addSpacing(8)
            self._body.addWidget(self._conflict(view))
        self._body.addSpacing(12)
        across = QHBoxLayout()
        self._across = across
        across.setSpacing(32)
        across.addWidget(self._left(view, now_us), 1)
        about = self._about(view, now_us)
        about.setFixedWidth(min(theme().scaled(ABOUT_WIDTH), WIDEST_ABOUT))
        across.addWidget(about)
        self._turn()
        self._body.addLayout(across)
        self._body.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts the facts below the rest where there is no room beside it."""
        super().resizeEvent(event)
        self._turn()

    def _turn(self) -> None:
        across = self._across
        if across is None or not shiboken6.isValid(across):
            return
        is_narrow = self.width() < theme().scaled(BESIDE)
        down = QBoxLayout.Direction.TopToBottom
        across.setDirection(down if is_narrow else QBoxLayout.Direction.LeftToRight)
        across.setSpacing(16 if is_narrow else 32)

    def _conflict(self, view: VersionView) -> Banner:
        count = wording.count(len(view.model.conflicts), "conflict")
        banner = Banner(
            "warn",
            f"{view.model.name} has {count}",
            "Two moves were approved apart from each other, so neither holds. A new request for "
            "the version you mean resolves it.",
            "Open reviews",
        )
        banner.acted.connect(self.conflict_requested)
        return banner

    def _left(self, view: VersionView, now_us: int) -> QWidget:
        return column(
            SectionTitle("Stages"),
            4,
            StageLine(reading.stops(view, now_us)),
            16,
            *_signature(view),
            16,
            *_files(view),
            None,
        )

    def _about(self, view: VersionView, now_us: int) -> QWidget:
        detail = view.detail
        version = detail.version
        registered = wording.sentence_case(
            wording.day_and_time(from_iso(version.registered), now_us)
        )
        risk = version.format_risk
        icon = {"data-only": "circle-check", "code-on-load": "triangle-alert"}.get(
            risk, "circle-question-mark"
        )
        tone: Tone = {"data-only": "ok", "code-on-load": "bad"}.get(risk, "warn")  # type: ignore[assignment]  # the literals above
        need = view.policy.need
        policy = f"{wording.count(need, 'approval')}, policy {in_groups(view.policy.digest, 2)}"
        facts = [
            Fact(key="Stage", value=version.stage, kind="stage"),
            Fact(key="Aliases", value=", ".join(detail.aliases) or wording.DASH),
            Fact(key="Tree digest", value=version.tree, kind="digest"),
            Fact(key="Registered by", value=detail.registrar, kind="person"),
            Fact(
                key="Source run", value=detail.run_name or version.run[:8], kind="link",
                link=version.run,
            ),
            Fact(key="Artifact", value=version.artifact),
            Fact(key="Registered", value=registered),
            Fact(key="Flavors", value=", ".join(version.flavors) or wording.DASH),
            Fact(key="Format", value=_risk_words(risk), kind="icon", icon=icon, tone=tone),
            Fact(key="Next move", value=policy),
        ]  # fmt: skip
        known = KeyValues(facts)
        known.followed.connect(self.run_requested)
        alias = Link("Set alias…")
        alias.setObjectName("models.alias")
        alias.clicked.connect(self.alias_requested)
        return column(row((SectionTitle("About"), 1), alias), known, 12, *_metrics(view), None)


def _signature(view: VersionView) -> list[QWidget]:
    inspection = view.detail.inspection
    found = inspection.description if inspection else None
    if found is None or not (found.inputs or found.outputs):
        words = "The model carries no signature: nobody can tell what goes in and what comes out."
        if not view.detail.is_content_here:
            words = "The files are not in this store, so the signature cannot be read."
        return [SectionTitle("Signature"), Label(words, "text_tertiary", "dense", wrap=True)]
    note = f"{wording.count(len(found.inputs), 'input')}, "
    note += wording.count(len(found.outputs), "output")
    table = Table(
        (
            Column("column", "Column", 220, stretch=True),
            Column("type", "Type", 108),
            Column("use", "Use", 96),
            Column("shape", "Shape", 96),
        ),
        name="Signature",
        row_height=26,
        selection="none",
        edge=0,
        plain=True,
        fit=True,
    )
    lines = []
    for kind, fields in (("input", found.inputs), ("output", found.outputs)):
        for at, field in enumerate(fields):
            is_input = kind == "input"
            use = "output" if not is_input else "" if field.is_required else "optional"
            shape = " × ".join("any" if size < 0 else str(size) for size in field.shape)
            lines.append(
                Row(
                    f"{kind}/{at}",
                    (
                        TextCell(
                            field.name or f"{kind} {at + 1}",
                            mono=True,
                            icon="arrow-right" if is_input else "arrow-left",
                            icon_role="text_secondary" if is_input else "accent_text",
                        ),
                        TextCell(field.type, "text_secondary", mono=True),
                        TextCell(use, "text_tertiary"),
                        TextCell(shape, "text_tertiary"),
                    ),
                )
            )
    table.set_lines(lines)
    return [SectionTitle("Signature", note), table]


def _files(view: VersionView) -> list[QWidget]:
    detail = view.detail
    total = sum(file.size_bytes for file in detail.files)
    note = f"{wording.count(len(detail.files), 'file')}, {wording.size(total)}"
    if not detail.files:
        words = "The manifest is not in this store: pull from a remote that holds it."
        return [SectionTitle("Files"), Label(words, "text_tertiary", "dense", wrap=True)]
    risks = {one.path: one for one in detail.inspection.per_file} if detail.inspection else {}
    table = Table(
        (
            Column("file", "File", 220, stretch=True),
            Column("size", "Size", 84, "right"),
            Column("sha256", "sha256", 148),
            Column("format", "Format", 112, hint="What loading the file would do"),
        ),
        name="Files",
        row_height=26,
        selection="none",
        edge=0,
        plain=True,
        fit=True,
    )
    lines = []
    for file in detail.files:
        risk = risks.get(file.path)
        badge = BadgeCell(risk.risk, RISK_TONE.get(risk.risk, "warn")) if risk else None
        lines.append(
            Row(
                file.path,
                (
                    TextCell(file.path, icon=_icon(file.path)),
                    NumberCell(wording.size(file.size_bytes), role="text_secondary"),
                    DigestCell(file.sha256, 3),
                    badge,
                ),
            )
        )
    table.set_lines(lines)
    parts: list[QWidget] = [SectionTitle("Files", note), table]
    worried = [one for one in risks.values() if one.risk != "data-only"]
    for one in worried[:3]:
        words = f"{one.path} is {one.risk}: {one.reason}."
        parts.append(
            column(Label(words, "text_secondary", "dense", wrap=True), margins=(0, 6, 0, 0))
        )
    return parts


def _metrics(view: VersionView) -> list[QWidget]:
    rows = reading.metric_rows(view)
    if not rows:
        return []
    number = view.detail.version.version
    before = view.incumbent.version if view.incumbent else None
    note = f"against v{before.version} in Production" if before else "last values of the run"
    columns = [Column("metric", "Metric", 110, stretch=True)]
    if before:
        columns.append(Column("before", f"v{before.version}", 80, "right"))
    columns.append(Column("after", f"v{number}", 88, "right"))
    if before:
        columns.append(Column("change", "Change", 78, "right"))
    table = Table(
        columns, name="Metrics", row_height=26, selection="none", edge=0, plain=True, fit=True
    )
    lines = []
    for key, old, new, change in rows:
        after = NumberCell(new, strong=True)
        cells = (
            (TextCell(key), NumberCell(old, role="text_secondary"), after,
             NumberCell(change, role="text_secondary"))
            if before
            else (TextCell(key), after)
        )  # fmt: skip
        lines.append(Row(key, cells))
    table.set_lines(lines)
    return [SectionTitle("Metrics", note), table]


def _risk_words(risk: str) -> str:
    return {
        "data-only": "data-only: loading runs nothing",
        "code-on-load": "code-on-load: loading runs code",
    }.get(risk, "unknown: nobody here can tell")


def _icon(path: str) -> str:
    if path.rpartition("/")[2] == MODEL_FILE:
        return "file-text"
    ending = path[path.rfind(".") :] if "." in path else ""
    return _ICONS.get(ending, "box" if ending in {".bin", ".onnx", ".safetensors"} else "file")
