# SPDX-License-Identifier: Apache-2.0
"""What a training script touches: it writes run folders and never raises into training."""
