# SPDX-License-Identifier: Apache-2.0
"""Pictures of every page, in both themes and at two scales, without a screen.

* The real window on the real store: documentation, golden pictures and first runs use the same.
"""

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtWidgets import QApplication

from strongroom.bootstrap import open_services, open_settings
from strongroom.desktop.charts.line_chart import LineChart
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import ThemeName
from strongroom.desktop.shell.composition import build_window
from strongroom.desktop.shell.main_window import USUAL, MainWindow
from strongroom.desktop.shell.pictures import save_picture
from strongroom.desktop.shell.preferences import Preferences
from strongroom.domain.places import default_home

PAGES = (
    "runs", "compare", "models", "reviews", "exchange", "audit", "monitor", "people", "settings",
)  # fmt: skip
WAIT_MS = 30_000  # a page that takes longer is a bug that the picture shows


def render_pages(
    store: Path,
    home: Path | None,
    target: Path,
    *,
    themes: tuple[ThemeName, ...] = ("light", "dark"),
    scales: tuple[float, ...] = (1.0, 2.0),
) -> Iterator[Path]:
    """Renders each page and yields the path of each picture: ``runs-light.png``, ``…@2x.png``.

    Raises:
        EnvironmentFault: If the store cannot be opened or the pictures cannot be written.
    """
    services = open_services(store, home or default_home())
    tasks = Tasks()
    services.runs.refresh()
    window = build_window(services, tasks, Session(), Preferences(open_settings()))
    window.resize(*USUAL)
    try:
        window.show()
        for name in themes:
            theme().switch(name=name)
            for page in PAGES:
                window.commands.run(f"go.{page}")
                _settle(tasks, window)
                for scale in scales:
                    suffix = "" if scale == 1.0 else f"@{scale:g}x"
                    yield save_picture(window, target / f"{page}-{name}{suffix}.png", scale)
    finally:
        window.close()
        window.deleteLater()


def _settle(tasks: Tasks, window: MainWindow) -> None:
    """Waits until pages have asked, heard, asked again, and charts have their fine pictures."""
    for _ in range(3):
        QApplication.processEvents()
        tasks.wait_idle(WAIT_MS)
        QApplication.processEvents()
        for chart in _charts(window):
            chart.wait_for_picture()
    QApplication.processEvents()


def _charts(window: MainWindow) -> list[LineChart]:
    return [chart for chart in window.findChildren(LineChart) if chart.isVisible()]
