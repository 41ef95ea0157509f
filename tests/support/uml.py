# SPDX-License-Identifier: Apache-2.0
"""User-mode Linux: another kernel as a process of ours, with file systems this one may not have.

* The kernel's own vfat, CIFS and NFS clients, and disks whose power is cut below them, without
  root's rights over this machine and without touching its mounts.
* Its root is this machine's, to be read only; `WORK` is one folder of this machine, to be written;
  its network is its own loopback.
* What runs inside is a function of `guest_stories`; what it returns is read here.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import guest_stories
from support.checkout import ROOT

TOOLS = {
    "linux.uml": "user-mode-linux",
    "modprobe": "kmod",
    "ip": "iproute2",
}
MODULES = "/usr/lib/uml/modules"
INIT = """#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DM_DISABLE_UDEV=1
mount -n -t proc proc /proc
mount -n -t sysfs sys /sys
mount -n -t tmpfs t /run
mount -n -t tmpfs -o size=700m t /mnt
mount -n -t tmpfs t /var/lib/nfs 2>/dev/null
mkdir -p /run/lock /run/modroot/lib /mnt/w /mnt/tmp
ln -s {modules} /run/modroot/lib/modules
mount -n -t devpts d /dev/pts 2>/dev/null
mount -n -t tmpfs s /dev/shm 2>/dev/null
ip link set lo up
printf '#!/bin/sh\\nexec /sbin/modprobe -d /run/modroot "$@"\\n' >/run/modprobe
chmod +x /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
mount -n -t hostfs -o "{work}" none /mnt/w
cd /mnt
export TMPDIR=/mnt/tmp HOME=/mnt/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONPATH={path}
{python} {program} {story}
sync
echo o >/proc/sysrq-trigger
sleep 5
"""


def missing_for_uml(tools: dict[str, str]) -> str:
    """Returns why no such kernel can be started here, or an empty text."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    wanted = {**TOOLS, **tools}
    absent = sorted({wanted[tool] for tool in wanted if shutil.which(tool, path=path) is None})
    if not Path(MODULES).is_dir():
        absent = sorted({*absent, "user-mode-linux"})
    return f"not installed (apt install {' '.join(absent)})" if absent else ""


def run_inside(story: str, work: Path, *, seconds: float, **tools: str) -> Any:
    """Runs a story of `guest_stories` inside and returns what it returned.

    Args:
        story: The name of the function.
        work: An empty folder, written by the guest.
        seconds: How long it may take.
        tools: Programs it needs with their Debian packages, ``_`` for a dot.
    """
    reason = missing_for_uml({name.replace("_", "."): each for name, each in tools.items()})
    if reason:
        pytest.skip(f"no User-mode Linux: {reason}")
    init = work / "init.sh"
    path = os.pathsep.join(str(ROOT / name) for name in ("app", "tests"))
    init.write_text(
        INIT.format(
            modules=MODULES, work=work, path=path, python=sys.executable,
            program=guest_stories.__file__, story=story,
        )
    )  # fmt: skip
    init.chmod(0o755)
    said = _boot(init, work, seconds)
    result = work / "result.json"
    if not result.exists():
        pytest.fail(f"the story ended early inside User-mode Linux:\n{said[-6000:]}")
    return json.loads(result.read_text())


def _boot(init: Path, work: Path, seconds: float) -> str:
    kernel = subprocess.Popen(
        [
            "linux.uml", "mem=1200M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
            f"init={init}", f"umid=uml{os.getpid()}", f"uml_dir={work}/uml", "con=null",
            "con0=null,fd:1", "ssl=null", "quiet", "loglevel=3",
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = kernel.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(kernel.pid, signal.SIGKILL)
        said, _ = kernel.communicate()
        pytest.fail(
            f"it took over {seconds:.0f} s inside User-mode Linux:\n{said.decode()[-6000:]}"
        )
    return said.decode("utf-8", "replace")
