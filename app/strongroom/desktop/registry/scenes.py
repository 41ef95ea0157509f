# SPDX-License-Identifier: Apache-2.0
"""The scenes of the Models page: a version, its history, and its alias."""

from functools import partial

from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import Scene, Studio
from strongroom.desktop.registry.alias_dialog import AliasDialog
from strongroom.desktop.registry.page import ModelsPage


def _page(tab: str, studio: Studio) -> QWidget:
    studio.open(Place("models"))
    studio.page(ModelsPage).tabs.set_current(tab)
    studio.settle()
    return studio.window


def _alias(studio: Studio) -> QWidget:
    _page("overview", studio)
    studio.run("models.alias")
    return studio.dialog(AliasDialog)


SCENES = (
    Scene(name="models", shows=ModelsPage, play=partial(_page, "overview")),
    Scene(name="models-history", shows=ModelsPage, play=partial(_page, "history")),
    Scene(name="models-alias", shows=AliasDialog, play=_alias),
)
