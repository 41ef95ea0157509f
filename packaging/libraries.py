# SPDX-License-Identifier: Apache-2.0
"""System libraries and tools: what Qt and the tests need, and how to get it on Debian.

* A library is there when the loader finds it: nobody's package list is asked.
* Root installs with apt; everybody else is told the exact line and the work goes on.
"""

import ctypes
import os
import shutil
import subprocess
import sys

OFFSCREEN = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
WINDOW = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
TEST_TOOLS = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "import": "imagemagick",
    "xprop": "x11-utils",
    "gnome-keyring-daemon": "gnome-keyring",
    "dbus-daemon": "dbus-daemon",
    "fusermount3": "fuse3",
    "mount.exfat-fuse": "exfat-fuse",
    "mkfs.exfat": "exfatprogs",
    "smbd": "samba",
    "gio": "libglib2.0-bin",
    "update-mime-database": "shared-mime-info",
    "desktop-file-validate": "desktop-file-utils",
    "faketime": "faketime",
}
SLOW_TOOLS = {
    "linux.uml": "user-mode-linux",
    "modprobe": "kmod",
    "ip": "iproute2",
    "dmsetup": "dmsetup",
    "mkfs.fat": "dosfstools",
    "mount.cifs": "cifs-utils",
    "mount.nfs": "nfs-common",
    "rpc.nfsd": "nfs-kernel-server",
    "rpcbind": "rpcbind",
}
# A server that comes with a package is a tool of the tests here: it is not started as a service.
NO_SERVICES = {"SYSTEMD_OFFLINE": "1", "RUNLEVEL": "1"}
SYSTEM_FOLDERS = ("/usr/sbin", "/sbin")  # not on everybody's PATH
KEYRING_PACKAGES = frozenset({"gnome-keyring", "dbus-daemon"})
SCREEN_PACKAGES = frozenset({*WINDOW.values(), "xvfb", "openbox", "xdotool", "x11-utils"})


def missing(*, libraries: dict[str, str], tools: dict[str, str]) -> list[str]:
    """Returns the Debian packages of the libraries and tools that this machine lacks."""
    if sys.platform != "linux":
        return []
    packages = [package for soname, package in libraries.items() if not _loads(soname)]
    packages += [package for tool, package in tools.items() if not _is_installed(tool)]
    return sorted(set(packages))


def ensure(*, libraries: dict[str, str], tools: dict[str, str]) -> list[str]:
    """Installs what is missing where it may, says how where it may not.

    Returns:
        The packages that are still missing.
    """
    packages = missing(libraries=libraries, tools=tools)
    if not packages:
        return []
    line = "apt-get install -y --no-install-recommends " + " ".join(packages)
    if shutil.which("apt-get") is None:
        print(f"Missing system packages (Debian names): {' '.join(packages)}.")
        return packages
    if os.geteuid() != 0:
        print(f"Missing system packages. Install them with:\n\n    sudo {line}\n")
        return packages
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **NO_SERVICES}
    for command in (["apt-get", "update", "-qq"], line.split()):
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
    still = missing(libraries=libraries, tools=tools)
    if still:
        print(f"apt could not install {' '.join(still)}; going on without.")
    return still


def _is_installed(tool: str) -> bool:
    places = [os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS]
    return shutil.which(tool, path=os.pathsep.join(places)) is not None


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True
