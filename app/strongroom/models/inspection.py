# SPDX-License-Identifier: Apache-2.0
"""Inspects a packaged model without loading it: what it is, and what loading it would do.

* Every file is classified by its content; the tree is as bad as its worst file.
* One budget is shared by all files. A bomb ends the inspection: nothing half-judged comes out.
* A tree without an MLmodel file is only a tree of files: no flavor, no description.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import cast

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.model import MODEL_FILE
from strongroom.models.bounded import BoundedStream, Budget, Reader, chunks
from strongroom.models.mlmodel import ModelDescription, read_mlmodel
from strongroom.models.risk import classify_file
from strongroom.models.strict_yaml import MAX_YAML_BYTES
from strongroom.models.verdict import DATA_ONLY, FileRisk, Risk, worst_risk

SCANNER = "strongroom-opcodes"  # named in a manifest beside the result (trust.md 2.3)
SCANNER_VERSION = "1"  # rises when the rules change what a file is
MAX_NAMED = 3  # files named in the sentence; per_file has all


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is known of a model: flavors, the class of the tree and why, its description."""

    flavors: tuple[str, ...]
    format_risk: Risk
    scan_result: str
    per_file: tuple[FileRisk, ...]
    description: ModelDescription | None


def inspect(
    files: Sequence[ArtifactFile], open_file: Callable[[ArtifactFile], Reader]
) -> Inspection:
    """Returns what a tree of files is; each opened file is closed again.

    Raises:
        Untrusted: ``E-BOMB`` or ``E-SIZE`` if a file asks for more than any honest one;
            ``E-FORMAT`` if there is an MLmodel file that is none.
        OSError: If a file cannot be read.
    """
    budget = Budget()
    ordered = sorted(files, key=lambda file: file.path)
    description = _description(ordered, open_file)
    judged: list[FileRisk] = []
    for file in ordered:
        with _opened(file, open_file) as source:
            found = classify_file(file.path, source, file.size_bytes, budget)
        judged.append(FileRisk(path=file.path, risk=found.risk, reason=found.reason))
    return Inspection(
        flavors=description.flavors if description else (),
        format_risk=worst_risk(file.risk for file in judged),
        scan_result=scan_sentence(judged),
        per_file=tuple(judged),
        description=description,
    )


def scan_sentence(judged: Sequence[FileRisk]) -> str:
    """Returns one sentence: how many files are data, and the worst of the others by name."""
    calm = sum(file.risk == DATA_ONLY for file in judged)
    parts = [f"{calm} file{'' if calm == 1 else 's'} {DATA_ONLY}"]
    worried = [file for file in judged if file.risk != DATA_ONLY]
    worried.sort(key=lambda file: file.risk)  # code-on-load before unknown
    parts += [f"{file.path} {file.risk}: {file.reason}" for file in worried[:MAX_NAMED]]
    if len(worried) > MAX_NAMED:
        parts.append(f"{len(worried) - MAX_NAMED} more files not {DATA_ONLY}")
    return "; ".join(parts)


def _description(
    files: Sequence[ArtifactFile], open_file: Callable[[ArtifactFile], Reader]
) -> ModelDescription | None:
    by_path = {file.path: file for file in files}
    if MODEL_FILE not in by_path:
        return None
    with _opened(by_path[MODEL_FILE], open_file) as source:
        content = BoundedStream(source).read(MAX_YAML_BYTES + 1)
    return read_mlmodel(content, has_requirements="requirements.txt" in by_path)


@contextmanager
def _opened(file: ArtifactFile, open_file: Callable[[ArtifactFile], Reader]) -> Iterator[Reader]:
    with closing(open_file(file)) as source:
        if source.seekable():
            yield source
            return
        # an archive's directory lies at its end, so what cannot seek is copied aside first
        with tempfile.TemporaryFile() as copy:
            for part in chunks(BoundedStream(source)):
                copy.write(part)
            copy.seek(0)
            yield cast("Reader", copy)
