# SPDX-License-Identifier: Apache-2.0
"""Pictures of every scene, in every look and at two scales, without a screen.

* The real window on the real store: documentation, golden pictures and first runs use the same.
* Every page and every dialog is in a scene; what a store has nothing of is left out and said.
* With a fixed clock and nothing live the same store gives the same pixels.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.scene import NothingToShow, Scene
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import ThemeName
from strongroom.desktop.shell.main_window import USUAL
from strongroom.desktop.shell.pictures import save_picture
from strongroom.desktop.shell.scenes import SCENES
from strongroom.desktop.shell.studio import WindowStudio, open_studio
from strongroom.domain.clock import Clock
from strongroom.domain.places import default_home

NAMES = tuple(scene.name for scene in SCENES)
LOOKS: tuple[ThemeName, ...] = ("light", "dark", "high-contrast")
SPARSE: ThemeName = "high-contrast"  # of this look a few scenes are enough
SPARSE_SCENES = frozenset({"runs", "compare"})


def _nobody(_name: str, _why: str) -> None:
    """Hears what was left out."""


def render_pages(
    store: Path,
    home: Path | None,
    target: Path,
    *,
    scenes: Sequence[str] = NAMES,
    themes: tuple[ThemeName, ...] = LOOKS,
    scales: tuple[float, ...] = (1.0, 2.0),
    size: tuple[int, int] = USUAL,
    clock: Clock | None = None,
    left_out: Callable[[str, str], object] = _nobody,
) -> Iterator[Path]:
    """Renders each scene and yields the path of each picture: ``runs-light.png``, ``…@2x.png``.

    Args:
        store: What the pages show.
        home: Who looks; the usual home if None.
        target: The folder of the pictures.
        scenes: Some of `NAMES`.
        themes: The looks; of high contrast only a few scenes are drawn.
        scales: Pixels for each px.
        size: The window's, in px.
        clock: What time it is; the machine's if None.
        left_out: Hears the name of a scene the store has nothing for, and why.

    Raises:
        EnvironmentFault: If the store cannot be opened or the pictures cannot be written.
        KeyError: If there is no such scene.
    """
    known = {scene.name: scene for scene in SCENES}
    chosen = [known[name] for name in scenes]
    used = [scene for scene in chosen if not scene.is_fresh]
    fresh = [scene for scene in chosen if scene.is_fresh]
    if used:
        with open_studio(store, home or default_home(), clock) as studio:
            studio.window.resize(QSize(*size))
            yield from _drawn(studio, used, target, themes, scales, left_out)
    if fresh:
        with (
            tempfile.TemporaryDirectory(prefix="strongroom-") as empty,
            open_studio(Path(empty) / "store", Path(empty) / "home", clock) as studio,
        ):
            studio.window.resize(QSize(*size))
            yield from _drawn(studio, fresh, target, themes, scales, left_out)


def _drawn(
    studio: WindowStudio,
    scenes: Sequence[Scene],
    target: Path,
    themes: Sequence[ThemeName],
    scales: Sequence[float],
    left_out: Callable[[str, str], object],
) -> Iterator[Path]:
    for name in themes:
        theme().switch(name=name)
        for scene in scenes:
            if name == SPARSE and scene.name not in SPARSE_SCENES:
                continue
            try:
                shown = _play(scene, studio)
                for scale in scales:
                    suffix = "" if scale == 1.0 else f"@{scale:g}x"
                    path = target / f"{scene.name}-{name}{suffix}.png"
                    yield save_picture(shown, path, scale)
            except NothingToShow as why:
                left_out(f"{scene.name}-{name}", str(why))
            studio.clear()


def _play(scene: Scene, studio: WindowStudio) -> QWidget:
    """Plays a scene and returns what is to be drawn, of the kind it says.

    Raises:
        NothingToShow: If the store has nothing of it.
        TypeError: If something else is shown.
    """
    shown = scene.play(studio)
    if issubclass(scene.shows, Page):
        is_right = isinstance(studio.window.page(), scene.shows) and shown is studio.window
    else:
        is_right = isinstance(shown, scene.shows)
    if not is_right:
        raise TypeError(f"the scene {scene.name} does not show a {scene.shows.__name__}")
    focused: QWidget | None = studio.window.focusWidget()  # the stubs forget None
    if focused is not None and shown is studio.window:
        focused.clearFocus()  # where the keyboard is depends on when the window became active
        QApplication.processEvents()
    return shown
