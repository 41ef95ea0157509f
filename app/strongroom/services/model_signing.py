# SPDX-License-Identifier: Apache-2.0
"""Checks a folder of model files against its signature in the form of OpenSSF Model Signing.

* Needs no store: a folder, a signature, a public key that was told out of band.
* Every file is read. What the signature does not list is told as well, whatever it says to ignore.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.errors import BadInput, Untrusted
from strongroom.store.faults import explained
from strongroom.store.plainfile import digest_of, open_plain, read_bounded
from strongroom.trust.keys import PublicKey, from_pem
from strongroom.trust.model_signature import MAX_BYTES, read_model_signature

MAX_KEY_BYTES = 16 * 1024  # a PEM has a few hundred


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFinding:
    """A file of the folder that does not hold: code, path, one sentence."""

    code: str
    path: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck:
    """What a signature says of a folder, and which files contradict it."""

    name: str
    file_count: int
    findings: tuple[ModelFinding, ...]

    @property
    def is_ok(self) -> bool:
        """Whether the folder holds what was signed, and nothing else."""
        return not self.findings


def check_model(folder: Path, signature: Path, key: Path) -> ModelCheck:
    """Checks a folder; see the laws above.

    Args:
        folder: The model's files.
        signature: ``model.sig``; it may lie in the folder.
        key: The signer's P-256 public key in PEM.

    Raises:
        BadInput: ``E-PATH`` if one of the three is not there.
        Untrusted: ``E-SIG``, ``E-FORMAT``, ``E-HASH``, ``E-PATH``, ``E-SIZE``, ``E-CANON``.
        EnvironmentFault: ``E-SHARE``.
    """
    public = _key(key)
    signed = read_model_signature(_read(signature, MAX_BYTES), public)
    if not folder.is_dir():
        raise BadInput("E-PATH", f"{folder} is no folder", "Name the folder of the model.")
    findings, seen = [], set[str]()
    for path in sorted(_walk(folder, "")):
        if (folder / path).absolute() == signature.absolute():
            continue
        seen.add(path)
        findings += _of_file(folder, path, signed.digests.get(path))
    findings += [
        ModelFinding(code="E-MISSING", path=path, detail="It was signed and is not here")
        for path in sorted(signed.digests.keys() - seen)
    ]
    return ModelCheck(name=signed.name, file_count=len(seen), findings=tuple(findings))


def _of_file(folder: Path, path: str, wanted: str | None) -> list[ModelFinding]:
    if wanted is None:
        return [ModelFinding(code="E-PATH", path=path, detail="It was not signed")]
    try:
        with explained(folder), open_plain(folder / path) as file:
            digest = digest_of(file)
    except Untrusted as error:
        return [ModelFinding(code=error.code, path=path, detail=error.title)]
    if digest == wanted:
        return []
    return [ModelFinding(code="E-HASH", path=path, detail="It holds other bytes than were signed")]


def _walk(folder: Path, below: str) -> Iterator[str]:
    with explained(folder), os.scandir(folder / below) as entries:
        here = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in here:
        path = f"{below}/{name}" if below else name
        if is_folder:
            yield from _walk(folder, path)
        else:
            yield path


def _key(path: Path) -> PublicKey:
    return from_pem(_read(path, MAX_KEY_BYTES))


def _read(path: Path, max_bytes: int) -> bytes:
    with explained(path.parent):
        try:
            return read_bounded(path, max_bytes)
        except FileNotFoundError as error:
            raise BadInput("E-PATH", f"{path} is not there", "Check the name.") from error
