# SPDX-License-Identifier: Apache-2.0
"""What the page says when there is nothing to show: what, why, and the next step."""

from strongroom.desktop.kit.blocks import EmptyState


def no_match() -> EmptyState:
    """Returns what stands in place of the table when a filter matches nothing."""
    return EmptyState(
        "No run matches", "The filter holds for none of the runs here.", "Clear filter", "x"
    )
