# SPDX-License-Identifier: Apache-2.0
"""Names from data on one line, as the whole window shows them: see `kit.shown`."""

from strongroom.desktop.kit.shown import LONGEST_SHOWN, shown

__all__ = ["LONGEST_SHOWN", "shown"]
