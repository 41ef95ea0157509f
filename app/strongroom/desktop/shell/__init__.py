# SPDX-License-Identifier: Apache-2.0
"""The frame of the window: menu bar, rail, page stack, status strip, palette, notices."""
