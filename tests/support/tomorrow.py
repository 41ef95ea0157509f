# SPDX-License-Identifier: Apache-2.0
"""The program of tomorrow: this one, which writes higher numbers and reads those before as well.

It is a process of its own, as a colleague's newer version would be. What it signs says ``v2`` of
the kinds it is told, with a field nobody knows today; what it logs says another format.
"""

import dataclasses
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Collection
from typing import Any

from strongroom.exchange import carrier, remote
from strongroom.trust import envelope
from support.peers import Peer

Json = Any


def by_tomorrow(peer: Peer, kinds: Collection[str], act: Callable[[Peer], Json]) -> Json:
    """Has a newer program do something at a workstation, in a process of its own.

    Args:
        peer: The workstation; its program of today is to be closed, see `Peer.restarted`.
        kinds: What is written in a newer format: ``event``, ``trust``, ``bundle`` (manifests),
            ``strongbundle``, ``receipt``, ``remote``, ``run``.
        act: What it does; what it returns has to be JSON.
    """
    peer.close()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _be(kinds)
            again = Peer(peer.folder, peer.name, twin=peer)
            os.write(writing, json.dumps(act(again)).encode())
            again.close()
            code = 0
        except BaseException:  # noqa: BLE001 - told by the exit code, and on the terminal
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, "see the traceback of the newer program"
    return json.loads(said)


def _be(kinds: Collection[str]) -> None:
    """Makes this process the program of tomorrow."""
    seal, parse = envelope.seal, envelope.parse

    def seal_newer(document: Json, signers: Any) -> bytes:
        return seal(_raised(document, kinds), signers)

    def parse_both(raw: bytes, *, max_bytes: int) -> envelope.Envelope:
        found = parse(raw, max_bytes=max_bytes)
        return dataclasses.replace(found, document=_lowered(found.document))

    setattr(envelope, "seal", seal_newer)  # noqa: B010 - a module is no class to mypy
    for module in (envelope, carrier):
        setattr(module, "parse", parse_both)  # noqa: B010 - as above
    if "remote" in kinds:
        setattr(remote, "FORMAT", 2)  # noqa: B010 - as above
    if "run" in kinds:
        for name, module in list(sys.modules.items()):
            if name.startswith("strongroom.") and hasattr(module, "RUN_FORMAT"):
                setattr(module, "RUN_FORMAT", 2)  # noqa: B010 - as above


def _raised(document: Json, kinds: Collection[str]) -> Json:
    found = re.fullmatch("urn:strongroom:([a-z]+):v1", document.get("predicateType", ""))
    if not found or found[1] not in kinds:
        return document
    predicate = {**document["predicate"], "class": "internal"}
    return {**document, "predicateType": f"urn:strongroom:{found[1]}:v2", "predicate": predicate}


def _lowered(document: Json) -> Json:
    found = re.fullmatch("urn:strongroom:([a-z]+):v2", str(document.get("predicateType", "")))
    if not found:
        return document
    predicate = {key: value for key, value in document["predicate"].items() if key != "class"}
    return {**document, "predicateType": f"urn:strongroom:{found[1]}:v1", "predicate": predicate}
