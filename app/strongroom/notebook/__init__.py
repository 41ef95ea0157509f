# SPDX-License-Identifier: Apache-2.0
"""Strongroom inside a notebook: the extension of IPython and its live panel."""
