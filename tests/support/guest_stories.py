# SPDX-License-Identifier: Apache-2.0
"""What is done inside User-mode Linux, as root of a kernel of its own: push, pull and verify.

Run as a program it does one story and writes what came of it to ``/mnt/w/result.json``.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from strongroom.domain.errors import Cancelled, EnvironmentFault
from strongroom.services.exchange import Outcome
from strongroom.store import publish
from support.peers import Peer, Team, files_of
from support.samba import CONFIGURATION
from support.share_laws import breaches

WORK = Path("/mnt/w")
ROOM = Path("/mnt")
SMALL = {"weights.bin": b"w" * 300_000, "card.md": b"# small"}
FAT = "iocharset=iso8859-1"


def sh(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def load(*modules: str) -> None:
    for module in modules:
        sh("modprobe", "-d", "/run/modroot", module)


def a_team() -> Team:
    team = Team(ROOM / "team", ("Ada", "Ben"))
    team.peers[0].register(data=SMALL)
    return team


# -------------------------------------------------------------------- FAT32 and a power cut


class FlakyDisk:
    """A FAT32 disk in memory whose power can be cut below the kernel's own driver."""

    def __init__(self) -> None:
        load("loop", "vfat", "dm-flakey", "nls_cp437", "nls_iso8859-1")
        image = ROOM / "stick.img"
        with image.open("wb") as file:
            file.truncate(96 << 20)
        self.folder = ROOM / "stick"
        self.folder.mkdir()
        self._device = sh("losetup", "-f", "--show", str(image))
        self._sectors = sh("blockdev", "--getsz", self._device)

    def put_in_new(self) -> None:
        sh("mkfs.fat", "-F", "32", self._device)
        self._table("create", f"0 {self._sectors} flakey {self._device} 0 3600 0")
        self._mount("/dev/mapper/stick")

    def cut_power(self) -> None:
        """From here on nothing reaches the disk, and nobody is told."""
        sh("dmsetup", "suspend", "--nolockfs", "stick")
        flaky = f"0 {self._sectors} flakey {self._device} 0 0 3600 1 drop_writes"
        self._table("load", flaky)
        sh("dmsetup", "resume", "stick")

    def put_in_again(self) -> None:
        sh("umount", str(self.folder))
        sh("dmsetup", "remove", "stick")
        sh("fsck.fat", "-a", "-w", self._device, check=False)
        self._mount(self._device)

    def take_out(self) -> None:
        sh("umount", str(self.folder))

    def _table(self, verb: str, table: str) -> None:
        sh("dmsetup", verb, "stick", "--table", table)

    def _mount(self, device: str) -> None:
        sh("mount", "-n", "-t", "vfat", "-o", FAT, device, str(self.folder))
        assert os.path.ismount(self.folder)


def vfat_power_cut() -> dict[str, Any]:
    """Cuts the power after a push and in the midst of three, and looks what is there."""
    team, disk = a_team(), FlakyDisk()
    ada = team.peers[0]
    ada.push()
    whole = _content(files_of(team.share))
    found: dict[str, Any] = {"kernel": os.uname().release, "files": len(whole), "midst": []}

    found["acknowledged"] = _after_cut(team, disk, whole, "")
    for number, what in enumerate(("Pushing trust", "Pushing m", "Pushing events")):
        found["midst"].append(_after_cut(team, disk, whole, what, number + 1))

    # The same without the sync under the final name: what this test is for.
    def names_only(final: Path, *, is_ours: bool) -> None:
        publish.sync_folder(final.parent)

    publish.settle = names_only
    found["without_last_sync"] = _after_cut(team, disk, whole, "", 9)
    return found


def _after_cut(
    team: Team, disk: FlakyDisk, whole: dict[str, bytes], what: str, number: int = 0
) -> dict[str, Any]:
    """Pushes to a new stick whose power is cut: at the end, or when a push says ``what``."""
    disk.put_in_new()
    name, share = f"stick{number}", disk.folder / "repo"
    share.mkdir()
    ada, ben = (peer.restored_copy(ROOM / f"{peer.name}{number}") for peer in team.peers)
    for peer in (ada, ben):
        peer.add_remote(share, name)

    class Cuts:
        is_cut = False

        def step(self, done: int, total: int, said: str = "") -> None:
            if what and said.startswith(what) and not self.is_cut:
                self.is_cut = True
                disk.cut_power()

    cuts, error = Cuts(), ""
    try:
        ada.exchange.push(name, progress=cuts)
    except EnvironmentFault as fault:
        error = fault.code
    if not what:
        disk.cut_power()
    disk.put_in_again()
    there = _content(files_of(share)) if share.is_dir() else {}
    found = {
        "error": error,
        "whole": sum(there.get(path) == data for path, data in whole.items()),
        "other": sorted(path for path in there.keys() ^ whole.keys()),
        "breaches": [] if not what else breaches(share) if share.is_dir() else [],
    }
    if number != 9 and (share / "strongroom.json").exists():
        found |= _goes_on(ada, ben, name, share)
    disk.take_out()
    for peer in (ada, ben):
        peer.close()
    return found


def _goes_on(ada: Peer, ben: Peer, name: str, share: Path) -> dict[str, Any]:
    """The stick is pushed to again, verified, and pulled from."""
    (early,) = ben.exchange.pull(name, is_dry=True)
    pushed = ada.push(name)
    check = ada.exchange.verify(name, is_reading_data=True)
    pulled = ben.pull(name)
    return {
        "early": sorted({trouble.code for trouble in early.rejected}),
        "pushed": pushed.is_clean,
        "verified": check.is_ok,
        "lawful": breaches(share) == [],
        "pulled": pulled.is_clean,
        "agree": ben.digest == ada.digest and ben.has_content(),
    }


def _content(files: dict[str, bytes]) -> dict[str, bytes]:
    """Returns what must be there: not what is half done, nor what an open key adds (``cp``)."""
    left_out = ("strongroom.json", "cp/")
    return {p: d for p, d in files.items() if "/." not in f"/{p}" and not p.startswith(left_out)}


# -------------------------------------------------------------------- FAT32 and a large file

GIB = 1 << 30
LARGE = GIB + (160 << 20)  # two parts of the size that everybody uses


def vfat_parts() -> dict[str, Any]:
    """A file of over 1 GiB goes by a FAT32 stick, which is pulled from twice: it is stopped once.

    Stores and stick lie in files of the machine outside: there is not enough memory inside.
    """
    load("loop", "vfat", "nls_cp437", "nls_iso8859-1")
    rooms = _disk("rooms", 9 * GIB, "mkfs.ext4", "-q", "-F")
    stick = _disk("stick", 2 * GIB, "mkfs.fat", "-F", "32")
    sh("mount", "-n", "-t", "ext4", rooms, str(_folder("rooms")))
    _put_in(stick)
    os.environ["TMPDIR"] = str(ROOM / "rooms")
    team = Team(ROOM / "rooms" / "team", ("Ada", "Ben"))
    ada, ben = team.peers
    digest = _register_large(ada)
    for peer in (ada, ben):
        peer.add_remote(ROOM / "stick" / "repo", "stick")
    found: dict[str, Any] = {"pushed": ada.push("stick").is_clean}
    _take_out(stick, found)
    _put_in(stick)
    found |= _parts_there(digest) | _pull_in_two(ben)
    found["verified"] = ada.exchange.verify("stick", is_reading_data=True).is_ok
    found["agree"] = ben.digest == ada.digest and ben.has_content()
    found["nothing_new"] = ben.pull("stick").new.is_empty and ada.push("stick").new.is_empty
    team.close()
    _take_out(stick, found)
    sh("umount", str(ROOM / "rooms"))
    return found


def _disk(name: str, size_bytes: int, *command: str) -> str:
    """Makes a formatted disk in a file of the machine outside; returns its device."""
    image = WORK / f"{name}.img"
    with image.open("wb") as file:
        file.truncate(size_bytes)
    device = sh("losetup", "-f", "--show", str(image))
    sh(*command, device)
    return device


def _folder(name: str) -> Path:
    (ROOM / name).mkdir(exist_ok=True)
    return ROOM / name


def _put_in(device: str) -> None:
    sh("mount", "-n", "-t", "vfat", "-o", FAT, device, str(_folder("stick")))


def _take_out(device: str, found: dict[str, Any]) -> None:
    sh("umount", str(ROOM / "stick"))
    found["fsck"] = sh("fsck.fat", "-n", device, check=False).splitlines()[1:]


def _register_large(ada: Peer) -> str:
    """Ada registers a model whose weights are too large for one part; returns their digest."""
    running, block = hashlib.sha256(), os.urandom(1 << 20)
    source = ada.folder / "scratch" / "large" / "model"
    source.mkdir(parents=True)
    with (source / "weights.bin").open("wb") as file:
        for number in range(LARGE >> 20):
            piece = number.to_bytes(8, "big") + block[8:]
            running.update(piece)
            file.write(piece)
    ada.register("large", data={"card.md": b"# large"})
    shutil.rmtree(source)
    return running.hexdigest()


def _parts_there(digest: str) -> dict[str, Any]:
    """What a shell makes of the two largest objects on the stick, put one behind the other."""
    objects = sorted((ROOM / "stick" / "repo" / "obj").glob("*/*"), key=lambda p: -p.stat().st_size)
    sizes = [path.stat().st_size for path in objects[:3]]
    told = sh("sh", "-c", f"cat {objects[0]} {objects[1]} | sha256sum")
    return {"sizes": sizes[:2], "third": sizes[2] < 1 << 20, "cat": told.split()[0] == digest}


def _pull_in_two(ben: Peer) -> dict[str, Any]:
    """Ben's pull is stopped inside the second part and goes on with it later."""
    began: list[int] = []

    class Stops:
        def step(self, done: int, total: int, said: str = "") -> None:
            if said.startswith("Copying") and done > GIB + (32 << 20):
                raise Cancelled

    class Listens:
        def step(self, done: int, total: int, said: str = "") -> None:
            if said.startswith("Copying") and done > 1 << 20:
                began.append(done)

    with suppress(Cancelled):
        ben.exchange.pull("stick", progress=Stops())
    kept = [path.stat().st_size for path in (ben.store / "blobs").rglob("*.unfinished")]
    pulled = ben.exchange.pull("stick", progress=Listens())[0]
    return {"kept": kept, "went_on_at": min(began) >= GIB, "pulled": pulled.is_clean}


# -------------------------------------------------------------------- network shares


def _meet(team: Team, share: Path, name: str) -> tuple[Peer, Peer]:
    ada, ben = (peer.restored_copy(ROOM / f"{peer.name}-{name}") for peer in team.peers)
    for peer in (ada, ben):
        peer.add_remote(share, name)
    return ada, ben


def _patiently(act: Callable[[], Outcome]) -> Outcome:
    """Does what a server or a cache of names in between may refuse for a while."""
    for _ in range(90):
        try:
            return act()
        except EnvironmentFault:
            time.sleep(1)
    return act()


class _At:
    """Does something once, when a push comes to a place."""

    def __init__(self, what: str, act: Callable[[], None]) -> None:
        self._what, self._act = what, act
        self.is_done = False

    def step(self, done: int, total: int, said: str = "") -> None:
        if said.startswith(self._what) and not self.is_done:
            self.is_done = True
            self._act()


def _exchange(team: Team, share: Path, name: str, interrupt: Callable[[], None]) -> dict[str, Any]:
    """A push that is interrupted, a repeat, a pull, a verification."""
    share.mkdir()
    ada, ben = _meet(team, share, name)
    error = ""
    try:
        ada.exchange.push(name, progress=_At("Pushing manifests", interrupt))
    except EnvironmentFault as fault:
        error = fault.code
    found: dict[str, Any] = {"error": error}
    _patiently(lambda: ada.push(name))
    return found | _goes_on(ada, ben, name, share)


def cifs() -> dict[str, Any]:
    """The kernel's own client of Samba's server, which is killed in the midst of a push."""
    load("cifs")
    server = _samba()
    mount = ROOM / "office"
    mount.mkdir()
    sh("mount.cifs", "//127.0.0.1/share", str(mount), "-o",
       "user=root,pass=pw,vers=3.1.1,soft,echo_interval=1")  # fmt: skip
    assert os.path.ismount(mount)
    team = a_team()
    kind = next(line for line in Path("/proc/mounts").read_text().splitlines() if "office" in line)
    found = {"mount": kind.split()[2]}

    def kill() -> None:
        nonlocal server
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        server = _smbd()

    found |= _exchange(team, mount / "repo", "office", kill)
    sh("umount", "-l", str(mount))
    os.killpg(server.pid, signal.SIGKILL)
    return found


def _samba() -> "subprocess.Popen[bytes]":
    state, share = ROOM / "state", ROOM / "served"
    for each in (state, share):
        each.mkdir()
    (ROOM / "smb.conf").write_text(CONFIGURATION.format(port=445, state=state, share=share))
    subprocess.run(
        ["smbpasswd", "-c", "/mnt/smb.conf", "-s", "-a", "root"],
        input=b"pw\npw\n", check=True, capture_output=True,
    )  # fmt: skip
    return _smbd()


def _smbd() -> "subprocess.Popen[bytes]":
    server = subprocess.Popen(
        ["smbd", "-s", "/mnt/smb.conf", "-F", "--no-process-group"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    _wait(lambda: ":01BD " in Path("/proc/net/tcp").read_text())
    return server


def nfs() -> dict[str, Any]:
    """The kernel's own client of the kernel's own server; then the server loses the folder."""
    load("loop", "nfsv4", "nfsd")
    with _exported() as served:
        mount = ROOM / "office"
        mount.mkdir()
        sh("mount.nfs4", "127.0.0.1:/", str(mount), "-o", "vers=4.2,soft,timeo=20,retrans=1")
        assert os.path.ismount(mount)
        team = a_team()

        def take_away() -> None:
            shutil.rmtree(served / "repo")  # handles that are open over there are stale now

        def give_back() -> None:
            shutil.copytree(served / "copy", served / "repo")

        found = _exchange(team, mount / "repo", "office", lambda: None)
        ada, _ = _meet(team, mount / "repo", "again")
        ada.register("second", data={"weights.bin": b"v" * 300_000})
        shutil.copytree(served / "repo", served / "copy")
        try:
            ada.exchange.push("again", progress=_At("Pushing manifests", take_away))
            found["taken_away"] = "no error"
        except EnvironmentFault as fault:
            found["taken_away"] = fault.code
        give_back()
        found["given_back"] = _patiently(lambda: ada.push("again")).is_clean
        found["verified_again"] = ada.exchange.verify("again", is_reading_data=True).is_ok
        sh("umount", "-f", "-l", str(mount))
    return found


@contextmanager
def _exported() -> Iterator[Path]:
    image, served = ROOM / "served.img", ROOM / "served"
    served.mkdir()
    with image.open("wb") as file:
        file.truncate(200 << 20)
    sh("mkfs.ext4", "-q", "-F", str(image))
    sh("mount", "-n", "-o", "loop", str(image), str(served))
    sh("mount", "-n", "-t", "nfsd", "n", "/proc/fs/nfsd")
    for name in ("rpc_pipefs", "v4recovery"):
        Path("/var/lib/nfs", name).mkdir(parents=True, exist_ok=True)
    for name in ("etab", "rmtab"):
        Path("/var/lib/nfs", name).touch()
    Path("/run/rpcbind").mkdir(exist_ok=True)
    sh("rpcbind", "-w", check=False)
    sh("rpc.mountd")
    options = "rw,no_root_squash,insecure,fsid=0,no_subtree_check"
    sh("exportfs", "-i", "-o", options, f"127.0.0.1:{served}")
    sh("rpc.nfsd", "-G", "5", "-L", "5", "2")
    time.sleep(6)  # the grace period, in which nobody may open anything
    yield served
    sh("rpc.nfsd", "0", check=False)


def _wait(has_happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not has_happened():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


if __name__ == "__main__":
    result = globals()[sys.argv[1]]()
    (WORK / "result.json").write_text(json.dumps(result))
