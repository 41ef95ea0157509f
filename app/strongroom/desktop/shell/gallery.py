# SPDX-License-Identifier: Apache-2.0
"""Pictures of every page, in every look and at two scales, without a screen.

* The real window on the real store: documentation, golden pictures and first runs use the same.
* Besides the pages: one run, its artifacts, a comparison, the palette, and a store that is empty.
* With a fixed clock and nothing live the same store gives the same pixels.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from strongroom.bootstrap import open_services, open_settings
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import ThemeName
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.shell.composition import Composer
from strongroom.desktop.shell.frame import build_frame
from strongroom.desktop.shell.main_window import USUAL, MainWindow
from strongroom.desktop.shell.pictures import save_picture
from strongroom.desktop.shell.preferences import Preferences
from strongroom.domain.clock import Clock
from strongroom.domain.places import default_home

PAGES = (
    "runs", "compare", "models", "reviews", "exchange", "audit", "monitor", "people", "settings",
)  # fmt: skip
MORE = ("run", "artifacts", "palette")  # what opens above or beside a page
ONBOARDING = "onboarding"
EVERY = (*PAGES, *MORE, ONBOARDING)
LOOKS: tuple[ThemeName, ...] = ("light", "dark", "high-contrast")
SPARSE: ThemeName = "high-contrast"  # of this look the first page is enough
WAIT_MS = 30_000  # a page that takes longer is a bug that the picture shows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Studio:
    """A window that is drawn, and the jobs behind it."""

    window: MainWindow
    tasks: Tasks


def render_pages(
    store: Path,
    home: Path | None,
    target: Path,
    *,
    scenes: Sequence[str] = EVERY,
    themes: tuple[ThemeName, ...] = LOOKS,
    scales: tuple[float, ...] = (1.0, 2.0),
    clock: Clock | None = None,
) -> Iterator[Path]:
    """Renders each scene and yields the path of each picture: ``runs-light.png``, ``…@2x.png``.

    Args:
        store: What the pages show.
        home: Who looks; the usual home if None.
        target: The folder of the pictures.
        scenes: Some of `EVERY`.
        themes: The looks; of high contrast only the first page is drawn.
        scales: Pixels for each px.
        clock: What time it is; the machine's if None.

    Raises:
        EnvironmentFault: If the store cannot be opened or the pictures cannot be written.
    """
    person = home or default_home()
    with _studio(store, person, clock) as studio:
        for name in themes:
            theme().switch(name=name)
            for scene in [each for each in scenes if each != ONBOARDING]:
                if name != SPARSE or scene == PAGES[0]:
                    yield from _drawn(studio, scene, target / f"{scene}-{name}", scales)
    if ONBOARDING in scenes:
        with (
            tempfile.TemporaryDirectory(prefix="strongroom-") as empty,
            _studio(Path(empty) / "store", Path(empty) / "home", clock) as studio,
        ):
            for name in [each for each in themes if each != SPARSE]:
                theme().switch(name=name)
                yield from _drawn(studio, PAGES[0], target / f"{ONBOARDING}-{name}", scales)


@contextmanager
def _studio(store: Path, home: Path, clock: Clock | None) -> Iterator[_Studio]:
    services = open_services(store, home, clock=clock)
    tasks = Tasks()
    services.runs.refresh()
    session, preferences = Session(), Preferences(open_settings())
    window = build_frame(store, tasks, session, preferences, services.clock)
    window.resize(*USUAL)
    try:
        window.show()
        Composer(window, services, tasks, session, preferences).begin()
        tasks.wait_idle(WAIT_MS)
        yield _Studio(window=window, tasks=tasks)
    finally:
        window.close_at_once()
        tasks.close()
        window.deleteLater()
        services.close()


def _drawn(studio: _Studio, scene: str, stem: Path, scales: tuple[float, ...]) -> Iterator[Path]:
    window = studio.window
    close = _open(studio, scene)
    _settle(studio)
    shown: QWidget = window.palette_box if scene == "palette" else window
    focused: QWidget | None = window.focusWidget()  # the stubs forget None
    if focused is not None and shown is window:
        focused.clearFocus()  # where the keyboard is depends on when the window became active
        QApplication.processEvents()
    for scale in scales:
        suffix = "" if scale == 1.0 else f"@{scale:g}x"
        yield save_picture(shown, stem.with_name(f"{stem.name}{suffix}.png"), scale)
    close()


def _open(studio: _Studio, scene: str) -> Callable[[], object]:
    """Opens a scene and returns what closes it."""
    window = studio.window
    if scene == "palette":
        window.commands.run("window.palette")
        return window.palette_box.close
    if scene not in MORE:
        window.commands.run(f"go.{scene}")
        runs = window.page() if scene == "runs" else None
        if scene == "compare":
            _settle(studio)
            window.open_place(Place.of("compare", {"runs": ",".join(_charted(window))}))
        if isinstance(runs, RunsPage):
            runs.close_run()
        return _nothing
    window.commands.run("go.runs")
    _settle(studio)
    page = window.page()
    run_id = page.table.run_id(0) if isinstance(page, RunsPage) else ""
    if run_id and isinstance(page, RunsPage):
        page.open_run(run_id)
        _settle(studio)
        page.detail.open_tab("artifacts" if scene == "artifacts" else "overview")
        return page.close_run
    return _nothing


def _charted(window: MainWindow) -> tuple[str, ...]:
    pages = window.findChildren(RunsPage)
    return pages[0].charted() if pages else ()


def _nothing() -> None:
    """Closes a scene that needs no closing."""


def _settle(studio: _Studio) -> None:
    """Waits until pages have asked, heard, asked again, and charts have their fine pictures."""
    for _ in range(4):
        QApplication.processEvents()
        studio.tasks.wait_idle(WAIT_MS)
        QApplication.processEvents()
        for chart in studio.window.findChildren(LineChart):
            if chart.isVisible():
                chart.wait_for_picture()
    QApplication.processEvents()
