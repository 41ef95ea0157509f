# SPDX-License-Identifier: Apache-2.0
"""The one reader of YAML that somebody else wrote: plain values, bounded, no second reading.

* Aliases, tags and duplicate keys are refused: no expansion, no objects, no hidden value.
* Size, line length and depth are limited before anything is built.
* A document that is JSON, as our own files are, is read as JSON: the same value, 40 times faster.
"""

import json
from collections.abc import Hashable
from typing import Any

import yaml

from strongroom.domain.errors import Untrusted
from strongroom.models.verdict import shown

MAX_YAML_BYTES = 1 << 20  # signatures of thousands of columns fit
MAX_LINE_BYTES = 512 * 1024  # a signature is one line; a longer one is no signature
MAX_DEPTH = 32  # honest files have 6 levels; the parser recurses
MAX_NODES = 20_000  # values and keys; honest files have about 100, the parser does 30k a second
_NO_TAG = (None, "!")


class _StrictLoader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML ships no types
    """Builds plain values only."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML's hook
        event = self.peek_event()
        if self.check_event(yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise yaml.YAMLError("an anchor or alias")
        if getattr(event, "tag", None) not in _NO_TAG:
            raise yaml.YAMLError(f"the tag {event.tag}")
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise yaml.YAMLError("too many levels or values")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ANN401 - PyYAML's hook
        names = [str(key.value) for key, _ in node.value]
        if len(set(names)) != len(names):
            raise yaml.YAMLError("a key that stands twice")
        if "<<" in names:
            raise yaml.YAMLError("a merge key")
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found


def read_yaml(data: bytes, what: str) -> Any:  # noqa: ANN401 - a YAML document
    """Returns the plain value of one YAML document; ``what`` names it in the error.

    Raises:
        Untrusted: ``E-SIZE`` if it is too large, ``E-FORMAT`` if it is not plain YAML.
    """
    if len(data) > MAX_YAML_BYTES:
        raise Untrusted(
            "E-SIZE",
            f"{what} has more than {MAX_YAML_BYTES:,} bytes",
            "It was not read; ask the author what it holds.",
        )
    if max(map(len, data.split(b"\n"))) > MAX_LINE_BYTES:
        raise _not_plain(what, f"a line has more than {MAX_LINE_BYTES:,} bytes")
    try:
        text = data.decode("utf-8")
        if text.startswith("{") and (found := _plain_json(text)) is not None:
            return found
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader, only stricter
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, TypeError) as error:
        raise _not_plain(what, str(error).split("\n", maxsplit=1)[0]) from error


def _plain_json(text: str) -> dict[str, Any] | None:
    """Returns the document if it is JSON within the bounds of the YAML; None leaves it to that."""
    try:
        found = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    level: list[Any] = [found]
    nodes = 0
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if not level or nodes > MAX_NODES:
            break
        below = [each.values() if isinstance(each, dict) else each
                 for each in level if isinstance(each, dict | list)]  # fmt: skip
        nodes += sum(len(each) for each in level if isinstance(each, dict))  # keys are nodes too
        level = [each for part in below for each in part]
    return found if not level and nodes <= MAX_NODES else None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) or "<<" in found:
        raise ValueError("a key that stands twice, or a merge key")
    return found


def _refuse(text: str) -> float:
    raise ValueError(text)


def _not_plain(what: str, why: str) -> Untrusted:
    return Untrusted(
        "E-FORMAT",
        f"{what} is not plain YAML: {shown(why, 80)}",
        "Write it again with the tool that made the model.",
    )
