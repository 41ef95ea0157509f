# SPDX-License-Identifier: Apache-2.0
"""Identifiers: what they look like and how new ones are made.

Randomness comes in as an argument (`os.urandom` outside tests), so a test can hold it still.
"""

import re
from collections.abc import Callable

RandomBytes = Callable[[int], bytes]

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def new_id(random_bytes: RandomBytes) -> str:
    """Makes a random 128-bit id as 32 hexadecimal digits: runs, stores, nonces."""
    return random_bytes(16).hex()


def is_run_id(text: str) -> bool:
    """Whether the text is a run id: 32 lower-case hexadecimal digits."""
    return _RUN_ID.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether the text is a SHA-256 digest: 64 lower-case hexadecimal digits."""
    return _DIGEST.fullmatch(text) is not None


def in_groups(digest: str, groups: int = 8) -> str:
    """Writes the head of a digest in groups of four, as people compare them: ``9f2a c41b …``."""
    return " ".join(digest[i : i + 4] for i in range(0, min(len(digest), groups * 4), 4))


def person_id(first_writer: str) -> str:
    """Returns the id of the person whose first key pair this was (formats.md F5)."""
    return f"p-{first_writer[:12]}"
