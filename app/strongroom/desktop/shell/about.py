# SPDX-License-Identifier: Apache-2.0
"""About: what runs here, in which version, and under which licences."""

import platform

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QWidget

from strongroom.bootstrap import app_name
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.surface import column


class AboutDialog(Dialog):
    """Says which versions run here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "About Strongroom",
            title="Strongroom",
            sentence="The life of machine learning models, for teams without a network.",
            width=460,
            height=300,
            cancel="Close",
            parent=parent,
        )
        facts = KeyValues(key_width=110)
        facts.set_facts(
            [
                Fact(key="Version", value=app_name().partition("/")[2]),
                Fact(key="Python", value=platform.python_version()),
                Fact(key="Qt", value=qVersion()),
                Fact(key="Network", value="never: no socket is opened, nothing is reported"),
                Fact(key="Licence", value="Apache-2.0; fonts OFL, icons ISC"),
            ]
        )
        self.set_body(column(facts, None))
