# SPDX-License-Identifier: Apache-2.0
"""Shows every artifact of a run in every way it offers, and tells what was opened meanwhile.

A program of its own, because an audit hook cannot be taken out of a process again. Prints one
JSON document: ``opened`` outside the store and the installation, ``acts`` (sockets, processes),
``seen`` (path: kind and sentence), ``slow`` (path: seconds the window stood still, for a person
who runs this by hand).
"""

import json
import os
import sys
import time
from pathlib import Path

ACTS = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.fork",
    "pickle.find_class", "webbrowser.", "urllib.", "ctypes.dlopen", "os.startfile",
)  # fmt: skip


def main(store: str) -> None:
    import pypdfium2  # loads its library before anybody listens

    from PySide6.QtCore import QCoreApplication
    from PySide6.QtWidgets import QApplication

    from strongroom.desktop.kit.task import Tasks
    from strongroom.desktop.kit.theme import Theme
    from strongroom.desktop.viewers.artifact_view import ArtifactView
    from strongroom.domain.clock import SystemClock
    from strongroom.services.artifacts import Artifacts
    from strongroom.services.runs import open_runs
    from strongroom.services.viewing import Viewing

    assert pypdfium2 is not None
    app = QApplication([])
    Theme.install(app, "light")
    tasks = Tasks()
    runs = open_runs(Path(store), SystemClock(), os.urandom)
    (run,) = runs.search(limit=1).runs
    paths = [each.path for each in runs.show(run.run_id).artifacts]
    view = ArtifactView(Viewing(Artifacts(runs)), tasks)
    view.resize(480, 520)
    view.show()
    kept = tuple(
        str(Path(each).resolve())
        for each in (store, sys.prefix, sys.base_prefix, *filter(None, sys.path),
                     str(Path(__file__).parents[2] / "resources"), "/proc", "/usr/share/zoneinfo",
                     "/etc/localtime", "/dev")
    )  # fmt: skip
    opened: set[str] = set()
    acts: set[str] = set()

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], (str, bytes)):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith(kept):
                opened.add(path)
        elif event.startswith(ACTS):
            acts.add(f"{event} {str(arguments)[:200]}")

    sys.addaudithook(hook)
    seen: dict[str, list[str]] = {}
    slow: dict[str, float] = {}
    for path in paths:
        waiting: list[str | None] = [None]
        shown: list[str] = []
        while waiting:
            kind = waiting.pop()
            view.show_artifact(run.run_id, path, kind)  # type: ignore[arg-type]
            longest = 0.0
            deadline = time.monotonic() + 60
            while tasks.running() and time.monotonic() < deadline:
                began = time.perf_counter()
                app.processEvents()
                longest = max(longest, time.perf_counter() - began)
                time.sleep(0.001)
            began = time.perf_counter()
            view.grab()
            QCoreApplication.sendPostedEvents()
            app.processEvents()
            longest = max(longest, time.perf_counter() - began)
            slow[f"{path} {kind or ''}"] = round(longest, 3)
            if view.view is not None and kind is None:
                waiting += list(view.view.others)
            shown.append(f"{view.view.kind if view.view else 'none'}: {view.note.text()}")
        seen[path] = shown
    asked = view.parts.page.asked
    view.hide()
    tasks.close()
    runs.catalog.close()
    print(json.dumps({"opened": sorted(opened), "acts": sorted(acts), "seen": seen, "slow": slow,
                      "asked": asked}))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
