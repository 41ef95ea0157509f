# SPDX-License-Identifier: Apache-2.0
"""What the page says when there is nothing to show: what, why, and the next step."""

from strongroom.desktop.kit.blocks import CodeBlock, EmptyState
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import column

SNIPPET = """\
import strongroom as sr

with sr.start_run("first-experiment"):
    for step in range(100):
        sr.log_metric("loss", 1 / (step + 1), step=step)
"""


def no_runs(store: str) -> EmptyState:
    """Returns the page of a store that has no runs: a snippet to paste."""
    snippet = SNIPPET.rstrip("\n")
    block = CodeBlock(snippet, "First run")
    return EmptyState(
        "No runs yet",
        "This store is ready. A run appears here as soon as a script logs one.",
        extra=column(
            Label("Log your first run", text="strong"),
            Label("Works with no key, no window and no network", "text_secondary", "dense"),
            10,
            block,
            10,
            Label(f"Store: {store}", "text_tertiary", "dense", wrap=True, selectable=True),
        ),
    )


def no_match() -> EmptyState:
    """Returns what stands in place of the table when a filter matches nothing."""
    return EmptyState(
        "No run matches", "The filter holds for none of the runs here.", "Clear filter", "x"
    )
