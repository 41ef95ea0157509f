# SPDX-License-Identifier: Apache-2.0
"""The kit: the look and the widgets every page is built from."""
