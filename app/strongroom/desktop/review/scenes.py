# SPDX-License-Identifier: Apache-2.0
"""The scenes of the Reviews page: what waits, what was decided, asking, and deciding."""

from functools import partial

from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import Scene, Studio
from strongroom.desktop.review.page import ReviewsPage
from strongroom.desktop.review.request_dialog import RequestDialog
from strongroom.desktop.review.transition_dialog import TransitionDialog


def _page(tab: str, studio: Studio) -> QWidget:
    studio.open(Place.of("reviews", {"tab": tab}))
    return studio.window


def _request(studio: Studio) -> QWidget:
    _page("mine", studio)
    studio.run("review.request")
    return studio.dialog(RequestDialog)


def _decide(studio: Studio) -> QWidget:
    _page("mine", studio)
    studio.run("review.open")
    return studio.dialog(TransitionDialog)


SCENES = (
    Scene(name="reviews", shows=ReviewsPage, play=partial(_page, "mine")),
    Scene(name="reviews-decided", shows=ReviewsPage, play=partial(_page, "closed")),
    Scene(name="reviews-request", shows=RequestDialog, play=_request),
    Scene(name="reviews-decide", shows=TransitionDialog, play=_decide),
)
