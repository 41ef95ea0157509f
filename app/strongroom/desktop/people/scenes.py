# SPDX-License-Identifier: Apache-2.0
"""The scenes of the People page: the team, admitting somebody, signing a draft of another admin."""

from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import NothingToShow, Scene, Studio
from strongroom.desktop.people.admit_dialog import AdmitDialog
from strongroom.desktop.people.cosign_dialog import CosignDialog
from strongroom.desktop.people.page import PeoplePage


def _page(studio: Studio) -> QWidget:
    studio.open(Place("people"))
    return studio.window


def _admit(studio: Studio) -> QWidget:
    """Shows a request that somebody put into the home."""
    _page(studio)
    request = studio.home / "request.json"
    if not request.exists():
        raise NothingToShow("nobody asks to be admitted")
    studio.page(PeoplePage).admit_from(request)
    return studio.dialog(AdmitDialog)


def _cosign(studio: Studio) -> QWidget:
    """Shows a draft that another admin put into the home."""
    _page(studio)
    draft = studio.home / "draft.json"
    if not draft.exists():
        raise NothingToShow("no change of the team waits for a signature")
    studio.page(PeoplePage).cosign_from(draft)
    return studio.dialog(CosignDialog)


SCENES = (
    Scene(name="people", shows=PeoplePage, play=_page),
    Scene(name="people-cosign", shows=CosignDialog, play=_cosign),
    Scene(name="people-admit", shows=AdmitDialog, play=_admit),
)
