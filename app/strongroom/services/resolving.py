# SPDX-License-Identifier: Apache-2.0
"""Model URIs: one grammar for command line, window, SDK and plugin (features.md P7)."""

from dataclasses import dataclass

from strongroom.domain.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUri:
    """What a URI asks for; the fields it does not use are empty."""

    model: str = ""
    version: str = ""
    alias: str = ""
    stage: str = ""
    run: str = ""
    path: str = ""


def parse_uri(uri: str) -> ModelUri:
    """Reads ``models:/NAME/VERSION``, ``models:/NAME@ALIAS``, ``models:/NAME/STAGE``, ``runs:/…``.

    Raises:
        BadInput: ``E-VERSION`` for any other form.
    """
    kind, _, rest = uri.partition(":")
    rest = rest.lstrip("/")
    head, slash, tail = rest.partition("/")
    if kind == "runs" and head and tail:
        return ModelUri(run=head, path=tail)
    if kind == "models" and slash and head and tail and "/" not in tail:
        is_number = tail.partition("+")[0].isdecimal()
        return ModelUri(model=head, version=tail) if is_number else ModelUri(model=head, stage=tail)
    name, at, alias = head.partition("@")
    if kind == "models" and at and name and alias and not slash:
        return ModelUri(model=name, alias=alias)
    raise BadInput(
        "E-VERSION",
        f"{uri} is not a model URI",
        "Use models:/NAME/VERSION, models:/NAME@ALIAS, models:/NAME/STAGE or runs:/RUN/PATH.",
    )
