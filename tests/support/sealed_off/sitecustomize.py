# SPDX-License-Identifier: Apache-2.0
"""Python imports this at the start of every process that tests start: none of them has a network.

The kernel ends a process, and all it starts, at its first socket of the Internet's families,
whoever asks for it: Python, Qt, a C library. Where there is no such filter, Python itself refuses.

An interpreter told to be alone (``-I``) does not find this. Run as a program, this seals itself off
and becomes the command it is given.
"""

import ctypes
import os
import struct
import sys

FAMILIES = (2, 10)  # AF_INET, AF_INET6
MAY_REACH = "STRONGROOM_TESTS_MAY_REACH"  # a server that a test needs on this machine itself

_ARCH = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # audit id, number of socket()
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # of the kernel's little language for filters
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16


def _program(machine: str) -> bytes:
    arch, socket_number = _ARCH[machine]
    steps = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 0, 5, arch),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_EQUAL, 0, 3, socket_number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_EQUAL, 2, 0, FAMILIES[0]),
        (_EQUAL, 1, 0, FAMILIES[1]),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _KILL),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def seal_off() -> bool:
    """Asks the kernel for the filter; False where there is none."""
    machine = os.uname().machine if hasattr(os, "uname") else ""
    if sys.platform != "linux" or machine not in _ARCH:
        return False
    code = _program(machine)
    steps = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(steps))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _FILTER, program, 0, 0) == 0:
        return True  # as root nothing has to be given up for it
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, program, 0, 0) == 0)


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Refuses a socket of the Internet's families, with a word on standard error."""
    if event == "socket.__new__" and arguments[1] in FAMILIES:
        sys.stderr.write("A process of a test asked for a socket of the Internet.\n")
        raise PermissionError("there is no network in tests")


if __name__ == "__main__":
    seal_off()
    os.execv(sys.argv[1], sys.argv[1:])
elif __name__ == "sitecustomize" and MAY_REACH not in os.environ:
    sys.addaudithook(refuse)
    seal_off()
