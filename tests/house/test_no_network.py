# SPDX-License-Identifier: Apache-2.0
"""No part of the product can reach a network: nothing that could is even imported."""

import ast
from collections.abc import Iterator
from pathlib import Path

from support.checkout import APP, modules, shown, text

# QLocalServer and QLocalSocket are files on this machine; the name of the host is not a connection.
HARMLESS = {
    "socket.gethostname",
    "urllib.parse",
    "PySide6.QtNetwork.QLocalServer",
    "PySide6.QtNetwork.QLocalSocket",
}
REACHING = {
    "aiohttp",
    "asyncio",
    "ftplib",
    "http",
    "httpx",
    "imaplib",
    "poplib",
    "PySide6.QtNetwork",
    "PySide6.QtWebEngineWidgets",
    "PySide6.QtWebSockets",
    "requests",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "urllib",
    "urllib3",
    "xmlrpc",
}


def _imported(path: Path) -> Iterator[str]:
    tree = ast.parse(text(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _uses(tree, alias.name) if alias.name == "socket" else [alias.name]
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _uses(tree: ast.Module, module: str) -> set[str]:
    """What is taken from a module that was imported whole."""
    return {
        f"{module}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == module
    }


def _reaches(name: str) -> bool:
    if any(name == harmless or name.startswith(harmless + ".") for harmless in HARMLESS):
        return False
    return any(name == reaching or name.startswith(reaching + ".") for reaching in REACHING)


def test_no_module_imports_what_could_reach_a_network():
    found = [(shown(path), name) for path in modules(APP) for name in _imported(path)]
    assert not [(path, name) for path, name in found if _reaches(name)]


def test_the_rule_tells_a_connection_from_a_host_name():
    tree = ast.parse("import socket\nsocket.gethostname()\nsocket.create_connection(('a', 1))")
    assert {name for name in _uses(tree, "socket") if _reaches(name)} == {
        "socket.create_connection"
    }
