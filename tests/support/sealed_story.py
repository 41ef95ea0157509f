# SPDX-License-Identifier: Apache-2.0
"""One ordinary story told by the builder: Jonas asks, Mara approves, Ada exports."""

from pathlib import Path
from typing import Any

from support.sealed_team import (
    Files,
    Team,
    Version,
    Wish,
    Writer,
    a_team,
    canonical,
    sha256,
    write_files,
)

MODEL = {"MLmodel": b"flavors: {}\n", "data/weights.skops": b"\x00\x01weights"}
RUN = {"run.json": b'{"format":1}', "sealed.json": b"{}", "metrics.parquet": b"PAR1"}


class Story:
    """Version 2 of churn is in Production; every test bends one thing."""

    def __init__(self, seed: str = "team") -> None:
        self.team: Team = a_team(seed)
        self.ada: Writer = self.team.writer("Ada Auditor", ["export.audit", "witness"])
        self.jonas = self.team.writer("Jonas Feld", ["log", "register", "request:*"])
        self.mara = self.team.writer("Mara Lindqvist", ["request:*", "approve:*"])
        self.jonas.finishes_run("r1", RUN)
        self.version: Version = self.jonas.registers("churn", 2, dict(MODEL), run="r1")

    def asks(self, **more: Any) -> Wish:
        """Jonas asks for Production."""
        self.wish = self.jonas.requests(self.version, "Production", **more)
        return self.wish

    def promotes(self) -> "Story":
        """Jonas asks, Mara approves."""
        self.approval = self.mara.approves(self.asks())
        return self

    @property
    def state(self) -> Any:
        """The registry state after `promotes`, spelled by hand from formats.md F10."""
        by = {"run": "r1", "stage": "Production", "by": self.wish.event}
        version = {
            "version": 2, "tree": self.version.tree, "register": self.jonas.ids[2], **by,
        }  # fmt: skip
        model = {"name": "churn", "aliases": {}, "conflicts": [], "versions": [version]}
        return {
            "format": 1,
            "team": self.team.id,
            "trust": {"version": self.team.version, "id": self.team.trust_ids[-1]},
            "models": [model],
            "requests": [{"id": self.wish.event, "status": "effective"}],
        }

    def report(self, **changes: Any) -> Any:
        """The report that claims Production by Mara's approval."""
        approval = {
            "event": self.approval, "person": self.mara.person, "name": self.mara.name,
            "writer": self.mara.id,
        }  # fmt: skip
        return {
            "format": 1, "team": self.team.id, "model": "churn", "version": 2,
            "tree": self.version.tree, "stage": "Production",
            "state": sha256(canonical(self.state)), "approvals": [approval],
            "policy": self.wish.body["policy"], "request": self.wish.event, **changes,
        }  # fmt: skip

    def files(self, *, report: Any = None, **changes: Any) -> Files:
        """The files of the package that Ada exports."""
        report = report or self.report()
        return self.team.package_files(self.version, by=self.ada, report=report, **changes)

    def package(self, folder: Path, **changes: Any) -> Path:
        """The package that Ada exports, on the disk."""
        write_files(folder, self.files(**changes))
        return folder
