# SPDX-License-Identifier: Apache-2.0
"""JSON and YAML as trees of plain values: every number as it is spelt, every name kept.

* A name that stands twice stays twice. Nothing is expanded: YAML with aliases or tags is refused
  by the one strict reader, and the file can still be read as text.
* Size, values and depth are limited before the tree is handed out.
"""

import json
from collections.abc import Sequence
from typing import Any

from strongroom.domain.errors import Untrusted
from strongroom.models.strict_yaml import read_yaml
from strongroom.services.views.shapes import Branch, Leaf, Node, NoView, TreeView
from strongroom.services.views.visible import visible_line

MAX_DOCUMENT_BYTES = 8 << 20  # parsed in about a second
MAX_NODES = 200_000
MAX_LEVELS = 100
MAX_LINES = 2_000  # of JSON lines shown as one list
MAX_VALUE = 20_000  # characters of a text


class _Pairs(list[tuple[str, Any]]):
    """A mapping as its pairs, in order, names that stand twice included."""


class _Spelt(str):
    """A number as the file spells it."""

    __slots__ = ()


class TooDeep(ValueError):
    """The document is larger or deeper than what is shown."""


def json_tree(data: bytes) -> TreeView | NoView:
    """Returns a JSON document, or why it is none."""
    if len(data) > MAX_DOCUMENT_BYTES:
        return NoView(why=f"A document of more than {MAX_DOCUMENT_BYTES >> 20} MiB has no tree.")
    try:
        return _tree(_parse(data.decode("utf-8-sig")))
    except RecursionError:
        return NoView(why="The document is nested too deeply for a tree.")
    except ValueError as error:
        return NoView(why=f"It is no JSON: {visible_line(str(error), 120)}.")


def json_lines_tree(data: bytes, *, is_whole: bool) -> TreeView | NoView:
    """Returns JSON lines as a list of their documents, the first `MAX_LINES` of them."""
    lines = data.split(b"\n", MAX_LINES + 1)
    if len(lines) > MAX_LINES or not is_whole:
        lines = lines[:-1]
    try:
        found = [_parse(line.decode("utf-8-sig")) for line in lines[:MAX_LINES] if line.strip()]
        note = "" if is_whole and len(lines) <= MAX_LINES else f"The first {len(found):,} lines."
        tree = _tree(found)
    except RecursionError:
        return NoView(why="A line is nested too deeply for a tree.")
    except ValueError as error:
        return NoView(why=f"A line is no JSON: {visible_line(str(error), 120)}.")
    return TreeView(root=tree.root, nodes=tree.nodes, note=note)


def yaml_tree(data: bytes, what: str) -> TreeView | NoView:
    """Returns a YAML document without aliases and tags, or why it has no tree."""
    try:
        return _tree(_from_yaml(read_yaml(data, visible_line(what, 80))))
    except Untrusted as error:
        return NoView(why=f"{error.title}.")
    except ValueError as error:
        return NoView(why=f"{error}.")


def _parse(text: str) -> Any:  # noqa: ANN401 - a JSON document
    """Returns a document; stops at the first number that is one too many, not at the end.

    Raises:
        ValueError: If it is no JSON, or holds more than `MAX_NODES` numbers.
    """
    left = iter(range(MAX_NODES))

    def spelt(number: str) -> _Spelt:
        if next(left, None) is None:
            raise TooDeep(f"it holds more than {MAX_NODES:,} values")
        return _Spelt(number)

    return json.loads(
        text, object_pairs_hook=_Pairs, parse_int=spelt, parse_float=spelt, parse_constant=spelt
    )


def _from_yaml(value: Any) -> Any:  # noqa: ANN401 - a YAML document
    if isinstance(value, dict):
        return _Pairs((str(key), _from_yaml(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return [_from_yaml(inner) for inner in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    return _Spelt(value)


def _tree(value: Any) -> TreeView:  # noqa: ANN401 - a document
    counted = [0]

    def node(value: Any, level: int) -> Node:  # noqa: ANN401 - a value of it
        counted[0] += 1
        if counted[0] > MAX_NODES:
            raise TooDeep(f"it holds more than {MAX_NODES:,} values")
        if level > MAX_LEVELS:
            raise TooDeep(f"it is nested deeper than {MAX_LEVELS} levels")
        if isinstance(value, _Pairs):
            names = tuple(visible_line(name, 200) for name, _ in value)
            return _branch(False, names, [node(inner, level + 1) for _, inner in value])
        if isinstance(value, list):
            return _branch(True, (), [node(inner, level + 1) for inner in value])
        return _leaf(value)

    return TreeView(root=node(value, 0), nodes=counted[0])


def _branch(is_list: bool, names: Sequence[str], values: Sequence[Node]) -> Branch:
    return Branch(is_list=is_list, names=names, values=tuple(values))


def _leaf(value: object) -> Leaf:
    if isinstance(value, _Spelt):
        return Leaf(text=visible_line(value, 400), kind="number")
    if isinstance(value, str):
        return Leaf(text=visible_line(value, MAX_VALUE), kind="text")
    words = {None: "null", True: "true", False: "false"}
    return Leaf(text=words[value] if isinstance(value, bool) else "null", kind="word")
