# SPDX-License-Identifier: Apache-2.0
"""What lasts as long as a window is taken off the garbage collector's rounds.

* A full round looks at every object there is and keeps the interpreter meanwhile: 90 ms with the
  170,000 objects of an open window, in whatever thread happens to start it, and nothing is painted.
* What is there when a page has come stays until the window goes; then it is looked at again.
"""

import gc


def spare() -> None:
    """Takes what is there now off the collector's rounds; costs nothing."""
    gc.freeze()


def release() -> None:
    """Lets the collector look at everything again: a window has gone, and much with it."""
    gc.unfreeze()
