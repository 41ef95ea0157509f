# SPDX-License-Identifier: Apache-2.0
"""The frame looks at the log again when something touched it, and not for each tag of a run."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.shell.overview import Overview
from strongroom.domain.changes import Changes

if TYPE_CHECKING:
    from strongroom.bootstrap import Services

ONE = frozenset({"one"})


@pytest.mark.parametrize(
    ("changes", "looks"),
    [
        (Changes(runs=ONE), False),
        (Changes(metrics=ONE), False),
        (Changes(runs=ONE, metrics=ONE), False),
        (Changes(), True),  # an exchange that brought nothing still has a time
        (Changes(runs=ONE, events=ONE), True),
        (Changes(models=ONE), True),
        (Changes(requests=ONE), True),
        (Changes(quarantined=ONE), True),
        (Changes(is_team=True), True),
    ],
)
def test_the_frame_looks_again_for_all_but_runs_and_rules_of_metrics(
    app: QApplication, tasks: Tasks, changes: Changes, looks: bool, tmp_path: object
) -> None:
    overview = Overview(cast("Services", SimpleNamespace(store=tmp_path)), tasks)
    overview.look_after(changes)
    assert [state.key for state in tasks.running()] == (["window.overview"] if looks else [])
    tasks.cancel_all()
