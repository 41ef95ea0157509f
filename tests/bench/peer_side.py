# SPDX-License-Identifier: Apache-2.0
"""Another program's side of the bench: does what a line of JSON asks for and answers with another.

Called by `bench_peers` with the interpreter of that program's environment, its name and where it
may write. Nothing of ours is imported; everything goes through the interface it gives its users.
A deed it has no interface for is answered as ``absent``.
"""

import contextlib
import importlib
import json
import os
import sys
import time

_begun = time.perf_counter()


def main() -> None:
    name, place = sys.argv[1:3]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the program itself prints is no answer
    side = importlib.import_module(f"bench.sides.{name}_side")
    with contextlib.suppress(AttributeError):
        side.begin(place)
    for line in sys.stdin:
        asked = json.loads(line)
        deed = getattr(side, asked.pop("do"), None)
        try:
            answer = {"absent": True} if deed is None else deed(**asked)
        except Exception as error:  # noqa: BLE001 - whatever it was, the page shall say it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
