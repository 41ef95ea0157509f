# SPDX-License-Identifier: Apache-2.0
"""The shipped files as the kit names them; `domain.resources` finds them for everybody."""

from strongroom.domain.resources import resource, resources_root

__all__ = ["resource", "resources_root"]
