# SPDX-License-Identifier: Apache-2.0
"""Merkle trees of RFC 6962: one digest over a whole log, and short proofs about it.

* A leaf is hashed with 0x00 before it and a node with 0x01, so that neither passes for the other.
* A proof of inclusion shows that an entry stands at a place; a proof of consistency that a longer
  log begins with the shorter one.
* Digests here are bytes: what is compared is 32 bytes, never a spelling of them.
"""

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Returns the hash of one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Returns the root over leaf hashes, 32 bytes each."""
    return _root(leaves) if leaves else EMPTY


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Returns the hashes beside the way from a leaf to the root, the lowest first.

    Raises:
        ValueError: If there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_proof(leaves[:split], index), _root(leaves[split:]))
    return (*inclusion_proof(leaves[split:], index - split), _root(leaves[:split]))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Returns the hashes that show how the tree grew from its first ``old_size`` leaves.

    Raises:
        ValueError: If the old tree is empty or larger than the tree.
    """
    if not 1 <= old_size <= len(leaves):
        raise ValueError("no such earlier tree")
    return _grown(leaves, old_size, is_whole=True)


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows that a leaf hash stands at a place of a tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = _node(beside, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(
    old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether a proof shows that a tree begins with an older one (RFC 9162, 2.1.4.2)."""
    if not 1 <= old_size <= size:
        return False
    if old_size == size:
        return not proof and old_root == root
    # A whole power of two is a subtree of its own: its root stands for the first hash.
    steps = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not steps:
        return False
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for beside in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = _node(beside, old), _node(beside, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = _node(new, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and (old, new) == (old_root, root)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _root(leaves: Sequence[bytes]) -> bytes:
    """Returns the root of at least one leaf, level by level: no recursion, each hash once."""
    level = list(leaves)
    while len(level) > 1:
        paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = [*paired, level[-1]] if len(level) % 2 else paired
    return level[0]


def _split(size: int) -> int:
    """Returns the largest power of two below a size of at least two."""
    return int(1 << ((size - 1).bit_length() - 1))


def _grown(leaves: Sequence[bytes], old_size: int, *, is_whole: bool) -> tuple[bytes, ...]:
    if old_size == len(leaves):
        return () if is_whole else (_root(leaves),)
    split = _split(len(leaves))
    if old_size <= split:
        return (*_grown(leaves[:split], old_size, is_whole=is_whole), _root(leaves[split:]))
    rest = _grown(leaves[split:], old_size - split, is_whole=False)
    return (*rest, _root(leaves[:split]))
