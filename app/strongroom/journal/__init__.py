# SPDX-License-Identifier: Apache-2.0
"""One run's append-only stream: written by training scripts, read and compacted by the store."""
