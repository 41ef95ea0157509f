#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: UP017, UP031, PTH100, PTH112, PTH118, PTH120, RUF005, RUF012, RUF021, B905, TRY301, PLR0911
# ruff: noqa: PLR0912, ARG005, N812
# (an auditor's machine may have Python 3.8: no later syntax; one file, so functions are longer)
"""Checks a Strongroom audit package with the Python standard library and nothing else.

    python3 verify.py [PATH] --team HEX [--all] [--json]

PATH is the package, a folder or a .zip; by default the package this file lies in. HEX is the team
id. Take it from the team itself, on paper or by telephone, NEVER from the package: whoever forges
a package forges that too. For the same reason run a copy of this file that you trust.

The answer is one sentence, then what was found. Exit code 0: it holds. 1: a check failed.
2: it could not be read as a package. Nothing is extracted, executed, written or sent.

Read from top to bottom: (1) limits, (2) the package, (3) strict JSON, (4) signatures, (5) the trust
chain, (6) the logs, (7) who may do what, (8) the registry replayed, (9) the comparison.
"""

from __future__ import annotations

import argparse
import base64
import collections
import datetime as dt
import hashlib
import json
import os
import re
import stat
import sys
import unicodedata
import zipfile

# ---- (1) Limits. A package is somebody else's work: nothing is read before its size is known. ----
MAX_FILES = 200_000
MAX_EVENT, MAX_TRUST, MAX_MANIFEST = 256 * 1024, 4 * 1024 * 1024, 64 * 1024 * 1024
MAX_LOG, MAX_EVENTS, MAX_TRUST_DOCUMENTS = 1024 * 1024 * 1024, 500_000, 10_000
MAX_DEPTH, MAX_SIGNATURES, MAX_GROUPS, MAX_SHOWN = 32, 16, 64, 200

TAG = "tagmanifest-sha256.txt"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
HEX = re.compile("[0-9a-f]{64}")
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
DOS = re.compile("(con|prn|aux|nul|conin\\$|conout\\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\\..*)?")


class Bad(Exception):
    """A check that failed: a code of Strongroom's error reference, where, and what."""

    def __init__(self, code, path, detail):
        super().__init__(code, path, detail)
        self.finding = (code, path, detail)


class Unreadable(Exception):
    """The path is not a package that can be read at all."""


# ---- (2) The package: names, sizes and bytes of a folder or of a ZIP with stored entries. ----
def check_path(path):
    """Accepts a relative path that is one and the same file on every file system."""
    good = 0 < len(path) <= 1024 and unicodedata.normalize("NFC", path) == path
    for part in path.split("/"):
        folded = part.casefold()
        good = good and part not in ("", ".", "..") and part[-1] not in ". "
        good = good and len(part.encode("utf-8", "surrogatepass")) <= 200
        good = good and not re.search('[<>:"|?*\\\\]', part) and not DOS.fullmatch(folded)
        good = good and not any(unicodedata.category(c) in ("Cc", "Cs") for c in part)
        good = good and not folded.startswith(".git")
    if not good:
        raise Bad("E-PATH", path[:200], "this name is not allowed in a package")


def check_paths(paths):
    """Accepts paths that can live beside each other: no twins by case, no file that is a folder."""
    seen = {}
    for path in paths:
        check_path(path)
        folded = unicodedata.normalize("NFC", path.casefold())
        if seen.setdefault(folded, path) != path:
            raise Bad("E-PATH", path, "cannot stand beside " + seen[folded])
    for folded, path in seen.items():
        parts = folded.split("/")
        if any("/".join(parts[:n]) in seen for n in range(1, len(parts))):
            raise Bad("E-PATH", path, "lies inside something that is also a file")


class Folder:
    """A package in a folder. Links are refused, not followed."""

    def __init__(self, root):
        self.root, self.sizes, pending = root, {}, [""]
        while pending:
            inside = pending.pop()
            with os.scandir(os.path.join(root, inside)) as entries:
                found = list(entries)
            for entry in found:
                name = inside + entry.name
                mode = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(mode.st_mode):
                    pending.append(name + "/")
                elif stat.S_ISREG(mode.st_mode):
                    self.sizes[name] = mode.st_size
                else:
                    raise Bad("E-PATH", name, "is a link or a device; a package holds plain files")
                if len(self.sizes) + len(pending) > MAX_FILES:
                    raise Bad("E-SIZE", name, "more files than a package may hold")

    def open(self, name):
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(os.path.join(self.root, name), flags), "rb")


class Zip:
    """A package in a ZIP, read in place. Only stored entries: there is nothing to unpack."""

    def __init__(self, path):
        self.file, self.sizes, self.entries = zipfile.ZipFile(path), {}, {}
        entries = self.file.infolist()
        if len(entries) > MAX_FILES or self.file.comment:
            raise Bad("E-SIZE", "", "more files than a package may hold, or a comment")
        tops = [e.filename[: -len(TAG)] for e in entries if e.filename.endswith(TAG)]
        top = min(tops, key=len, default="")
        for entry in entries:
            name, kind = entry.filename[len(top) :], stat.S_IFMT(entry.external_attr >> 16)
            if not entry.filename.startswith(top) or entry.orig_filename != entry.filename:
                raise Bad("E-PATH", entry.filename, "lies outside the package")
            if kind not in (0, stat.S_IFREG) or name.endswith("/") or name in self.sizes:
                raise Bad("E-PATH", name, "is not a plain file, or stands twice")
            if entry.compress_type or entry.flag_bits & ~0x800:
                raise Bad("E-BOMB", name, "is compressed or encrypted; entries are stored")
            if entry.compress_size != entry.file_size or entry.comment:
                raise Bad("E-SIZE", name, "has two sizes or a comment")
            self.sizes[name], self.entries[name] = entry.file_size, entry

    def open(self, name):
        return self.file.open(self.entries[name])


class Package:
    """The files of a package; each is hashed once, in blocks, before anybody looks inside."""

    def __init__(self, path):
        if os.path.isdir(path):
            self.files = Folder(path)
        elif zipfile.is_zipfile(path):
            self.files = Zip(path)
        else:
            raise Unreadable("neither a folder nor a ZIP file")
        self.sizes, self.hashes = self.files.sizes, {}
        if not {TAG, "manifest-sha256.txt", "bagit.txt", TAG + ".dsse.json"} & set(self.sizes):
            raise Unreadable("none of the files of an audit package is there")

    def sha256(self, name):
        if name not in self.sizes:
            raise Bad("E-MISSING", name, "is not in the package")
        if name not in self.hashes:
            running, left = hashlib.sha256(), self.sizes[name] + 1
            with self.files.open(name) as stream:
                while left > 0:
                    block = stream.read(min(left, 1 << 20))
                    if not block:
                        break
                    running.update(block)
                    left -= len(block)
            self.hashes[name] = running.hexdigest()
        return self.hashes[name]

    def read(self, name, limit):
        if name not in self.sizes:
            raise Bad("E-MISSING", name, "is not in the package")
        if self.sizes[name] > limit:
            raise Bad("E-SIZE", name, "has %d bytes, over the limit" % self.sizes[name])
        with self.files.open(name) as stream:
            return stream.read(limit + 1)

    def under(self, folder):
        return sorted(name for name in self.sizes if name.startswith(folder))


def read_manifest(package, name):
    """Returns {path: sha256} of a manifest: `<hex>  <path>` lines, each ended by one newline."""
    try:
        lines = package.read(name, MAX_MANIFEST).decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise Bad("E-CANON", name, "is not UTF-8") from error
    listed = {}
    for number, line in enumerate(lines[:-1], 1):
        if not HEX.fullmatch(line[:64]) or line[64:66] != "  " or line[66:] in listed:
            raise Bad("E-CANON", name, "line %d is not `<sha256>  <path>`, or is a repeat" % number)
        listed[line[66:]] = line[:64]
    if lines[-1] or len(listed) > MAX_FILES:
        raise Bad("E-CANON", name, "does not end with its last line, or is too long")
    check_paths(listed)
    return listed


def check_files(package):
    """The files are exactly those listed, and each has the digest listed. Returns the findings."""
    tags, payload = read_manifest(package, TAG), read_manifest(package, "manifest-sha256.txt")
    if not {"bagit.txt", "manifest-sha256.txt"} <= set(tags) or any("/" in name for name in tags):
        raise Bad("E-FORMAT", TAG, "does not list the tag files of a bag")
    if not payload or not all(name.startswith("data/") for name in payload):
        raise Bad("E-PATH", "manifest-sha256.txt", "lists something outside data/")
    wanted = dict(payload, **tags)
    actual = set(package.sizes) - {TAG, TAG + ".p256.sig", TAG + ".dsse.json"}
    found = [("E-MISSING", n, "is listed but not there") for n in set(wanted) - actual]
    found += [("E-PATH", n, "is there but not listed") for n in actual - set(wanted)]
    for name in sorted(actual & set(wanted)):
        if package.sha256(name) != wanted[name]:
            found.append(("E-HASH", name, "is not the file that was listed"))
    if not found and package.read("bagit.txt", 1024) != BAGIT:
        found.append(("E-FORMAT", "bagit.txt", "is not BagIt 1.0 in UTF-8"))
    return sorted(found)


# ---- (3) Strict JSON: one document, one spelling (equal to RFC 8785 for these documents). ----
def canon(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def digest(value):
    return hashlib.sha256(canon(value)).hexdigest()


def strict_json(data, where):
    """Reads canonical JSON; refuses floats, doubled keys, huge numbers, depth, other spellings."""

    def refuse(text):
        raise ValueError("number " + text[:20])

    def integer(text):
        return int(text) if len(text) < 17 or abs(int(text[:24])) < 2**53 else refuse(text)

    def unique(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    depth = deepest = 0
    for bracket in re.finditer(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', data):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(bracket.group(), 0)
        deepest = max(deepest, depth)
    try:
        if deepest > MAX_DEPTH:
            raise ValueError("nested too deeply")
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=unique,
            parse_float=refuse,
            parse_constant=refuse,
            parse_int=integer,
        )
        if canon(value) != data:
            raise ValueError("another spelling of the same value")
    except (ValueError, RecursionError) as error:
        raise Bad("E-CANON", where, "is not canonical JSON (%s)" % str(error)[:80]) from error
    return value


def fits(value, shape):
    """Compares with a shape: a type (no int is negative); a pattern; [items]; {key: shape};
    ("map", of); ("head",) for [seq, id]; ("null", or).

    A key that ends in ? may be absent; any other key must be there, and no others.
    """
    if isinstance(shape, type):
        return type(value) is shape and (shape is not int or value >= 0)
    if isinstance(shape, re.Pattern):
        return type(value) is str and bool(shape.fullmatch(value))
    if isinstance(shape, list):
        return type(value) is list and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, dict):
        names = {key.rstrip("?"): item for key, item in shape.items()}
        must = {key for key in shape if not key.endswith("?")}
        known = type(value) is dict and must <= set(value) <= set(names)
        return known and all(fits(item, names[key]) for key, item in value.items())
    if shape[0] == "map":
        return type(value) is dict and all(fits(item, shape[1]) for item in value.values())
    if shape[0] == "head":
        pair = type(value) is list and len(value) == 2
        return pair and fits(value[0], int) and fits(value[1], HEX)
    return value is None or fits(value, shape[1])


# ---- (4) Signatures: Ed25519 (RFC 8032, cofactorless), ECDSA P-256, DSSE envelopes. ----
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def ed_add(a, b):
    """Adds two points in extended coordinates (RFC 8032, 5.1.4)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    w, x, y, z = f - e, d - c, d + c, f + e
    return w * x % P, y * z % P, x * y % P, w * z % P


def ed_times(number, point):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = ed_add(total, point)
        point, number = ed_add(point, point), number >> 1
    return total


def ed_point(data):
    """Returns the point of 32 bytes, or None: only the canonical encoding is a point."""
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def ed_bytes(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


ED_BASE = ed_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
ED_KEYS = {}  # decoded keys, so that each is decoded once


def ed_verify(key, message, signature, use_library=True):
    """Whether S < L and S*B - k*A encodes to R, for a key that is no point of small order."""
    if key not in ED_KEYS:
        point = ed_point(key)
        small = point is None or ed_bytes(ed_times(8, point)) == ed_bytes((0, 1, 1, 0))
        ED_KEYS[key] = None if small else point
    point, s = ED_KEYS[key], int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or s >= L:
        return False
    if use_library and LIBRARY:
        try:
            LIBRARY.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except LIBRARY.InvalidSignature:
            return False
        return True
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    negative = (P - point[0], point[1], 1, P - point[3])
    return ed_bytes(ed_add(ed_times(s, ED_BASE), ed_times(k, negative))) == signature[:32]


try:  # only faster, never another answer
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ed25519 as LIBRARY

    LIBRARY.InvalidSignature = InvalidSignature
except ImportError:
    LIBRARY = None

Q = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
ED_SPKI = bytes.fromhex("302a300506032b6570032100")


def p_add(a, b):
    """Adds two affine points of P-256; None is the point at infinity."""
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0] and (a[1] + b[1]) % Q == 0:
        return None
    if a == b:
        slope = 3 * (a[0] * a[0] - 1) * pow(2 * a[1], Q - 2, Q) % Q
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], Q - 2, Q) % Q
    x = (slope * slope - a[0] - b[0]) % Q
    return x, (slope * (a[0] - x) - a[1]) % Q


def p_times(number, point):
    total = None
    while number:
        if number & 1:
            total = p_add(total, point)
        point, number = p_add(point, point), number >> 1
    return total


def p_verify(key, message, signature):
    """ECDSA with SHA-256; key = 65 bytes of an uncompressed point, signature = strict DER."""
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    if len(key) != 65 or key[0] != 4 or x >= Q or y >= Q or (y * y - x**3 + 3 * x - B) % Q:
        return False
    size = signature[3] if len(signature) >= 8 else 0
    r = int.from_bytes(signature[4 : 4 + size], "big")
    s = int.from_bytes(signature[6 + size :], "big")
    parts = [n.to_bytes(n.bit_length() // 8 + 1, "big") for n in (r, s)]
    body = b"".join(b"\2" + bytes([len(part)]) + part for part in parts) if size < 40 else b""
    if signature != b"\x30" + bytes([len(body) & 127]) + body or not (0 < r < N and 0 < s < N):
        return False
    z, inverse = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, N - 2, N)
    point = p_add(p_times(z * inverse % N, G), p_times(r * inverse % N, (x, y)))
    return point is not None and point[0] % N == r


def key_of(keyid, entry, where):
    """Returns (alg, raw key) of a trust document's entry; its id must be the key's digest."""
    raw = bytes.fromhex(entry["pub"]) if re.fullmatch("([0-9a-f]{2})+", entry["pub"]) else b""
    sizes = {"ed25519": 32, "p256": 65}
    if sizes.get(entry["alg"]) != len(raw) or hashlib.sha256(raw).hexdigest() != keyid:
        raise Bad("E-TRUST-SIG", where, "key %s is not the key its id names" % keyid[:8])
    return entry["alg"], raw


def spki_point(text):
    raw = from_base64(text, "p256 key")
    return raw[26:] if raw[:26] == SPKI and len(raw) == 91 else b""


def from_base64(text, where):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if base64.b64encode(raw).decode() != text:
        raise Bad("E-CANON", where, "is not canonical base64")
    return raw


class Envelope:
    """A DSSE envelope, parsed strictly; `id` is the digest of its payload."""

    SHAPE = {"payload": str, "payloadType": str, "signatures": [{"keyid": HEX, "sig": str}]}
    STATEMENT = {
        "_type": str,
        "subject": [{"name": str, "digest": {"sha256": HEX}}],
        "predicateType": str,
        "predicate": dict,
    }

    def __init__(self, data, where, kind):
        outer, self.where = strict_json(data, where), where
        if not fits(outer, self.SHAPE):
            raise Bad("E-CANON", where, "is not a DSSE envelope")
        ids = [item["keyid"] for item in outer["signatures"]]
        if not 1 <= len(ids) <= MAX_SIGNATURES or ids != sorted(set(ids)):
            raise Bad("E-CANON", where, "signatures are not 1 to 16, sorted and unique")
        payload = from_base64(outer["payload"], where)
        self.signatures = {s["keyid"]: from_base64(s["sig"], where) for s in outer["signatures"]}
        self.payload, self.id = payload, hashlib.sha256(payload).hexdigest()
        self.statement = strict_json(payload, where)
        named = outer["payloadType"].encode("utf-8", "replace")
        self.signed = b"DSSEv1 %d %b %d %b" % (len(named), named, len(payload), payload)
        of_kind = fits(self.statement, self.STATEMENT) and (
            outer["payloadType"] == "application/vnd.in-toto+json"
            and self.statement["_type"] == "https://in-toto.io/Statement/v1"
            and self.statement["predicateType"] == "urn:strongroom:%s:v1" % kind
        )
        if not of_kind:
            raise Bad("E-FORMAT", where, "is not a statement of kind " + kind)
        self.subject, self.body = self.statement["subject"], self.statement["predicate"]

    def verify(self, keyid, key, code="E-SIG"):
        signature = self.signatures.get(keyid, b"")
        good = (ed_verify if key[0] == "ed25519" else p_verify)(key[1], self.signed, signature)
        if not good:
            raise Bad(code, self.where, "the signature by key %s does not verify" % keyid[:8])


# ---- (5) The trust chain: from the team id, which you brought, to the latest document. ----
# Rules: version 1 is signed by its own root. A step that touches only people, writers, policies,
# stages, heads and limits needs the admins of both documents, any other step the roots of both.
# Every signature must be by such a key. No writer and no capability ever disappears: it is cut.
# Two successors of one document stop everything, unless a later document, which names in "settles"
# how far down it confirms its line, stands on one of them: the others are put aside, never one on
# which root keys changed.
POLICY = {
    "need": int,
    "groups": [str],
    "exclude": [re.compile("requester|run-author")],
    "veto": bool,
    "require": [str],
    "gates": [{"name": str, "metric": str, "op": re.compile("[<>]="), "value": str}],
    "require_fresh_snapshot_days": int,
}
OPEN = dict(POLICY, need=0, groups=[], exclude=[], veto=False, require=[], gates=[])
OPEN["require_fresh_snapshot_days"] = 0
CUT = {"seq": int, "id": re.compile("([0-9a-f]{64})?")}  # a cut at 0 names no event
GRANT = {"cap": str, "scope": str, "from": int, "to": ("null", CUT)}
WRITER = {
    "person": str,
    "host": str,
    "alg": str,
    "pub": str,
    "p256": str,
    "caps": [GRANT],
    "state": re.compile("active|revoked"),
    "reason": str,
}
TRUST = {
    "team_name": str,
    "version": int,
    "prev": str,
    "nonce": str,
    "root": {"threshold": int, "keys": ("map", {"alg": str, "pub": str, "label": str})},
    "admin": {"threshold": int, "writers": [HEX]},
    "people": ("map", {"name": str, "groups": [str]}),
    "writers": ("map", WRITER),
    "policies": ("map", ("map", POLICY)),
    "heads": ("map", ("head",)),
    "limits": dict,
    "stages?": [{"name": str, "risk": int, "exclusive": bool}],
    "settles?": {"base": HEX, "aside": [HEX]},
}
STAGES = {"None": (0, False), "Archived": (0, False), "Staging": (1, False)}  # risk, exclusive
STAGES["Production"] = (2, True)
ADMIN_MAY_CHANGE = {"people", "writers", "policies", "stages", "heads", "limits"}


def signers(document, role, where):
    """Returns the keys of a role in a document, and how many of them must sign."""
    if role == "root":
        entries = document["root"]["keys"]
    else:
        entries = {w: document["writers"].get(w) for w in document["admin"]["writers"]}
        entries = {w: e for w, e in entries.items() if e and e["state"] == "active"}
    threshold = document[role]["threshold"]
    if threshold < 1:
        raise Bad("E-TRUST-SIG", where, "a threshold of zero")
    return {keyid: key_of(keyid, entry, where) for keyid, entry in entries.items()}, threshold


def check_step(before, after, where):
    """Nobody disappears or changes a key; no grant disappears, is widened or reaches back."""
    heads = collections.Counter({w: head[0] for w, head in after["heads"].items()})
    good = all(set(before[key]) <= set(after[key]) for key in ("people", "writers"))
    good = good and before["nonce"] == after["nonce"]
    good = good and all(heads[w] >= head[0] for w, head in before["heads"].items())
    for writer, new in after["writers"].items() if good else ():
        old = before["writers"].get(writer, dict(new, caps=[]))
        left, lower = list(new["caps"]), new["reason"] == "compromised"
        own = ("person", "host", "alg", "pub", "p256")
        good = good and all(new[key] == old[key] for key in own)
        for grant in old["caps"]:
            fixed = ("cap", "scope", "from")
            same = [g for g in left if all(g[key] == grant[key] for key in fixed)]
            kept = next((g for g in same if g["to"] == grant["to"]), None)
            for cut in [g for g in same if g["to"] and not kept]:
                limit, was = cut["to"]["seq"], grant["to"]
                if (not was or limit < was["seq"] and lower) and (lower or limit >= heads[writer]):
                    kept = cut
            if kept is None:
                raise Bad("E-TRUST-SIG", where, "a capability of %s was dropped without a cut, or "
                          "cut before events the admins had seen" % writer[:8])  # fmt: skip
            left.remove(kept)
        if writer in before["writers"]:
            good = good and all(grant["from"] >= heads[writer] for grant in left)
        is_open = any(grant["to"] is None for grant in new["caps"])
        good = good and not (new["state"] == "revoked" and is_open)
    if not good:
        raise Bad("E-TRUST-SIG", where, "takes away what must stay, or gives rights over the past")


def check_document(envelope, before):
    """Checks one document against the one before it."""
    body, where = envelope.body, envelope.where
    subject = body["prev"] or digest(body["root"])
    if envelope.subject != [{"name": "trust/%d" % body["version"], "digest": {"sha256": subject}}]:
        raise Bad("E-FORMAT", where, "its subject is not its predecessor")
    for writer, entry in body["writers"].items():
        key_of(writer, entry, where)
        if entry["person"] not in body["people"]:
            raise Bad("E-FORMAT", where, "key %s belongs to nobody" % writer[:8])
    role, authorities = "root", [body]
    if before:
        check_step(before, body, where)
        changed = {k for k in set(body) | set(before) if body.get(k) != before.get(k)}
        changed -= {"id", "version", "prev", "nonce", "settles"}
        if changed <= ADMIN_MAY_CHANGE and "settles" not in body:
            role = "admin"
        authorities = [before, body]
    asked = [signers(document, role, where) for document in authorities]
    for keyid in envelope.signatures:
        key = next((keys[keyid] for keys, _ in asked if keyid in keys), None)
        if key is None:
            raise Bad("E-TRUST-SIG", where, "signed by a key that is no %s key" % role)
        envelope.verify(keyid, key, "E-TRUST-SIG")
    for keys, threshold in asked:
        if len(set(keys) & set(envelope.signatures)) < threshold:
            raise Bad("E-TRUST-SIG", where, "fewer than %d %s keys signed" % (threshold, role))


def read_documents(package):
    """Returns the envelopes of all trust documents by id, lowest version first."""
    found = []
    names = package.under("data/trust/")
    if len(names) > MAX_TRUST_DOCUMENTS:
        raise Bad("E-SIZE", "data/trust", "more documents than this reader takes")
    for name in names:
        envelope = Envelope(package.read(name, MAX_TRUST), name, "trust")
        body = envelope.body
        if not fits(body, TRUST) or "*" not in body["policies"]:
            raise Bad("E-FORMAT", name, "is not a trust document")
        policies = [p for stages in body["policies"].values() for p in stages.values()]
        if any(len(policy["groups"]) > MAX_GROUPS for policy in policies):
            raise Bad("E-SIZE", name, "a policy with too many groups")
        if name != "data/trust/%08d.%s.json" % (body["version"], package.sha256(name)[:16]):
            raise Bad("E-HASH", name, "its name does not fit its version and digest")
        found.append(envelope)
    found.sort(key=lambda envelope: envelope.body["version"])
    if len({envelope.id for envelope in found}) < len(found):
        raise Bad("E-TRUST-FORK", "data/trust", "one document stands there twice")
    return {envelope.id: envelope for envelope in found}


def line_of(found, id_):
    """Returns the ids of the documents below one, the nearest first."""
    line = []
    while id_ in found:
        line.append(id_)
        id_ = found[id_].body["prev"]
    return line


def read_trust(package, team):
    """Returns the documents 1..n, each with its id. Every document and every link is checked."""
    found, following, asides = read_documents(package), collections.defaultdict(list), {}
    versions = {envelope.body["version"] for envelope in found.values()}
    for version in range(1, len(versions) + 1):
        if version not in versions:
            raise Bad("E-TRUST-GAP", "data/trust", "version %d is missing" % version)
    for id_, envelope in found.items():
        body, where = envelope.body, envelope.where
        before = found.get(body["prev"])
        if body["version"] == 1 and id_ != team:
            raise Bad("E-TEAM", where, "this is team %s, not the team you named" % id_)
        if body["prev"] and not before or before and before.body["version"] != body["version"] - 1:
            raise Bad("E-TRUST-FORK", where, "does not follow the document before it")
        if "settles" in body:
            asides[id_], line = body["settles"], line_of(found, body["prev"])
            base = found.get(body["settles"]["base"])
            if not base or base.id not in line or set(line) & set(body["settles"]["aside"]):
                raise Bad("E-TRUST-GAP", where, "settles what it does not follow")
        elif bool(body["prev"]) != (body["version"] > 1):
            raise Bad("E-TRUST-FORK", where, "does not follow the document before it")
        check_document(envelope, before and before.body)
        following[body["prev"]].append(envelope)
    if not found:
        raise Bad("E-MISSING", "data/trust", "holds no trust document")
    return trust_chain(found, following, asides)


def overruling(found, following, asides):
    """Returns the settlements that would put a document aside on which root keys changed."""
    rooted = set()  # those that change them, and those that are followed by one that does
    for envelope in sorted(found.values(), key=lambda each: -each.body["version"]):
        before = found.get(envelope.body["prev"])
        is_change = before and before.body["root"] != envelope.body["root"]
        if is_change or any(heir.id in rooted for heir in following[envelope.id]):
            rooted.add(envelope.id)
    told = set()
    for id_, settles in asides.items():
        line = [id_] + line_of(found, found[id_].body["prev"])
        for after, shared in zip(line, line[1 : line.index(settles["base"]) + 1]):
            if any(heir.id != after and heir.id in rooted for heir in following[shared]):
                told.add(id_)
    return told


def trust_chain(found, following, asides):
    """Returns the documents 1..n. Each has under "also" what was put aside after it, by id."""
    named_by = {id_: [n for n, s in asides.items() if id_ in s["aside"]] for id_ in asides}
    void = overruling(found, following, asides)
    counts = {id_: False if id_ in void else None for id_ in asides}
    while None in counts.values():  # names are digests: nothing names itself in a circle
        for id_ in counts:
            later = [counts[n] for n in named_by[id_]]
            if counts[id_] is None and None not in later:
                counts[id_] = not any(later)
    chain, heirs = [], following[""]
    while heirs:
        confirmed = {}
        for id_ in asides if len(heirs) > 1 else ():
            line = [id_] + line_of(found, found[id_].body["prev"])
            line = line[: line.index(asides[id_]["base"]) + 1]
            for heir in heirs:
                if counts[id_] and heir.id in line[:-1]:
                    confirmed[heir.id] = heir
        standing = list(confirmed.values()) if len(confirmed) == 1 else heirs
        if len(standing) != 1:
            where = standing[1].where
            raise Bad("E-TRUST-FORK", where, "two documents claim version %d" % (len(chain) + 1))
        pending = [heir for heir in heirs if heir is not standing[0]]
        while pending:
            other = pending.pop()
            chain[-1]["also"][other.id] = other.body["version"]
            pending += following[other.id]
        chain.append(dict(standing[0].body, id=standing[0].id, also={}))
        heirs = following[standing[0].id]
    return chain


def cited(chain, trust):
    """Returns the version a citation counts as: what was put aside counts as what it left."""
    for number, document in enumerate(chain, 1):
        if (number, document["id"]) == (trust["version"], trust["id"]):
            return number
        if document.get("also", {}).get(trust["id"]) == trust["version"]:
            return number
    return None


# ---- (6) The logs: each writer's events, chained by digest; who had seen what. ----
FRAME = {
    "team": HEX,
    "writer": HEX,
    "seq": int,
    "prev": str,
    "trust": {"version": int, "id": HEX},
    "seen": ("map", ("head",)),
    "time": str,
    "app": str,
    "type": str,
    "body": dict,
}


class Event:
    """One signed fact: what its writer says, never more."""

    def __init__(self, envelope):
        self.envelope, self.id, self.where = envelope, envelope.id, envelope.where
        if not fits(envelope.body, FRAME) or len(envelope.subject) != 1:
            raise Bad("E-FORMAT", self.where, "is not an event")
        frame = envelope.body
        self.writer, self.seq, self.prev = frame["writer"], frame["seq"], frame["prev"]
        self.team, self.trust, self.seen = frame["team"], frame["trust"], frame["seen"]
        self.time, self.type, self.body = frame["time"], frame["type"], frame["body"]
        self.past, self.note, self.cited = {}, None, 0

    def has_seen(self, other):
        return self.past.get(other.writer, 0) >= other.seq


def read_log(package, name, team, chain):
    """Returns a writer's events after every check that needs no other log, except signatures."""
    writer, log, heads = name[len("data/log/") : -len(".jsonl")], [], {}
    if writer not in chain[-1]["writers"] or not name.endswith(".jsonl"):
        raise Bad("E-SIG", name, "is the log of somebody who is not in the team")
    lines = package.read(name, MAX_LOG).split(b"\n")
    if lines.pop() or len(lines) > MAX_EVENTS:
        raise Bad("E-CANON", name, "does not end with a whole line, or is too long")
    for number, line in enumerate(lines, 1):
        where = "%s:%d" % (name, number)
        if len(line) > MAX_EVENT:
            raise Bad("E-SIZE", where, "an event of %d bytes" % len(line))
        event = Event(Envelope(line, where, "event"))
        last = log[-1] if log else None
        version = event.trust["version"]
        if event.team != team:
            raise Bad("E-TEAM", where, "is an event of another team")
        if event.writer != writer or list(event.envelope.signatures) != [writer]:
            raise Bad("E-SIG", where, "is not signed by the writer it names, alone")
        if event.seq != number or event.prev != (last.id if last else ""):
            raise Bad("E-CHAIN", where, "does not continue the event before it")
        event.cited = cited(chain, event.trust)
        if not event.cited and not 1 <= version <= len(chain):
            raise Bad("E-TRUST-GAP", where, "cites trust version %d, which is missing" % version)
        if not event.cited:
            raise Bad("E-TRUST-FORK", where, "cites another trust version %d" % version)
        if last and event.cited < last.cited:
            raise Bad("E-CHAIN", where, "cites an older trust document than the event before it")
        for other, head in event.seen.items():
            known = heads.get(other, [0, ""])
            if other == writer or head[0] < known[0] or head[0] == known[0] != 0 and head != known:
                raise Bad("E-CHAIN", where, "has seen less than the event before it")
            heads[other] = head
        log.append(event)
    return log


def fixed_head(document, writer):
    """Returns how far a trust document fixes a log: what admins had seen, and where rights end."""
    entry = document["writers"].get(writer, {"caps": []})
    cuts = [[g["to"]["seq"], g["to"]["id"]] for g in entry["caps"] if g["to"]]
    return max(cuts + [document["heads"].get(writer, [0, ""])], key=lambda head: head[0])


def read_proofs(package, team, chain):
    """Returns, by writer, the number under which his key signed two different events.

    Both lie in the package and both signatures are checked. The log ends before that number, or
    where the latest trust document has fixed it; what others saw of it later is not missed.
    """
    forks, folder = {}, "data/equivocation/"
    for name in package.under(folder):
        writer, lines = name[len(folder) : -len(".jsonl")], package.read(name, 2 * MAX_EVENT + 2)
        known, events = chain[-1]["writers"].get(writer), []
        if not known or not name.endswith(".jsonl"):
            raise Bad("E-SIG", name, "is about somebody who is not in the team")
        for number, line in enumerate(lines.split(b"\n")[:-1], 1):
            event = Event(Envelope(line, "%s:%d" % (name, number), "event"))
            if (event.team, event.writer) != (team, writer) or len(event.envelope.signatures) > 1:
                raise Bad("E-SIG", event.where, "is not an event of this writer alone")
            event.envelope.verify(writer, key_of(writer, known, name))
            events.append(event)
        if len(events) != 2 or events[0].seq != events[1].seq or events[0].id == events[1].id:
            raise Bad("E-EQUIV", name, "does not hold two different events with one number")
        forks[writer] = events[0].seq
    return forks


def read_logs(package, team, chain, forks=None):
    """Returns (logs by writer, findings): what `seen` tells of other logs is compared here."""
    forks = forks or {}
    logs, found, done = {}, [], collections.Counter()
    for name in package.under("data/log/"):
        log = read_log(package, name, team, chain)
        if log:
            logs[log[0].writer] = log
    if sum(map(len, logs.values())) > MAX_EVENTS:
        raise Bad("E-SIZE", "data/log", "more events than this reader takes")
    for writer, number in forks.items():
        log, (fixed, id_) = logs.get(writer, ()), fixed_head(chain[-1], writer)
        is_fixed = number <= len(log) <= fixed and log[-1].id == id_
        if len(log) >= number and not is_fixed:
            raise Bad("E-EQUIV", "data/log/%s.jsonl" % writer, "goes on from a doubled number")

    def at(writer, head):
        log = logs.get(writer, ())
        return log[head[0] - 1] if 0 < head[0] <= len(log) else None

    for log in logs.values():
        entry = chain[-1]["writers"].get(log[0].writer, {"caps": [], "state": "active"})
        ends = max([g["to"]["seq"] for g in entry["caps"] if g["to"]] + [0])
        for event in log if entry["state"] == "active" else log[:ends]:  # an ended key says nothing
            for writer, head in event.seen.items():
                held = at(writer, head)
                if writer in forks and head[0] >= forks[writer]:
                    continue
                if head[0] > len(logs.get(writer, ())):
                    found.append(("E-WITHHELD", event.where, "has seen %s event %d, which is not "
                                  "in the package" % (writer[:8], head[0])))  # fmt: skip
                elif held and held.id != head[1]:
                    found.append(("E-SPLIT", event.where, "has seen another event %d of %s"
                                  % (head[0], writer[:8])))  # fmt: skip
    moved = True
    while moved:  # the past of an event is known once that of its causes is
        moved = False
        for writer, log in logs.items():
            while done[writer] < len(log):
                event = log[done[writer]]
                causes = [(w, at(w, head), head) for w, head in event.seen.items()]
                causes = [(w, cause) for w, cause, head in causes if cause and cause.id == head[1]]
                if any(done[w] < cause.seq for w, cause in causes):
                    break
                for w, cause in causes + ([(writer, log[event.seq - 2])] if event.seq > 1 else []):
                    for other, seq in list(cause.past.items()) + [(w, cause.seq)]:
                        event.past[other] = max(seq, event.past.get(other, 0))
                done[writer] += 1
                moved = True
    return logs, found


NOTE = re.compile(
    "(strongroom/([0-9a-f]{64})/([0-9a-f]{64})\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n)\n"
    "((?:\u2014 [^ +\n]+ [A-Za-z0-9+/=]+\n){1,16})"
)


def merkle_root(leaves):
    """Returns the root of RFC 6962 over leaf hashes."""
    level = leaves or [hashlib.sha256(b"").digest()]
    while len(level) > 1:
        pairs = [b"\x01" + level[i] + level[i + 1] for i in range(0, len(level) - 1, 2)]
        level = [hashlib.sha256(pair).digest() for pair in pairs] + level[len(pairs) * 2 :]
    return level[0]


def may_witness(entry):
    return entry["reason"] != "compromised" and any(g["cap"] == "witness" for g in entry["caps"])


def read_note(package, name, team):
    """Returns (writer, size, root, {witness: claimed seconds}) of a checkpoint (C2SP).

    Its writer must have signed it; a cosignature counts if it is that of a witness of the team.
    """
    match = NOTE.fullmatch(package.read(name, 16384).decode("utf-8", "replace"))
    writers, lines = team.latest["writers"], {}
    if not match or match[2] != team.chain[0]["id"] or match[3] not in writers:
        raise Bad("E-CANON", name, "is not a checkpoint of a log of this team")
    for line in match[6].split("\n")[:-1]:
        _, who, text = line.split(" ")
        data = from_base64(text, name)
        lines.setdefault(who, []).append((data[:4], data[4:]))
    prefix, text, own, seen = match[1].split("\n")[0][:-64], match[1].encode(), False, {}
    for writer, entry in writers.items():
        key = key_of(writer, entry, name)[1] if entry["alg"] == "ed25519" else b""
        for hint, data in lines.get(prefix + writer, ()) if key else ():
            said = (prefix + writer).encode() + b"\n"
            if writer == match[3] and hint == hashlib.sha256(said + b"\1" + key).digest()[:4]:
                own = own or ed_verify(key, text, data)
            if may_witness(entry) and hint == hashlib.sha256(said + b"\4" + key).digest()[:4]:
                stamp = int.from_bytes(data[:8], "big")
                if ed_verify(key, b"cosignature/v1\ntime %d\n" % stamp + text, data[8:]):
                    seen[writer] = max(stamp, seen.get(writer, 0))
    if not own:
        raise Bad("E-SIG", name, "is not signed by the writer of the log it is about")
    return match[3], int(match[4]), base64.b64decode(match[5]), seen


def check_notes(package, team, forks, result):
    """Holds the logs against what their writers and witnesses signed. Returns who cosigned."""
    cosigners = collections.Counter()
    for name in package.under("data/checkpoints/"):
        writer, size, root, seen = read_note(package, name, team)
        log = team.logs.get(writer, ())
        leaves = [hashlib.sha256(b"\0" + event.envelope.payload).digest() for event in log[:size]]
        code = "E-WITHHELD" if size > len(log) else "" if merkle_root(leaves) == root else "E-SPLIT"
        cosigners.update([] if code else [(team.name(each), each) for each in seen])
        if code and writer not in forks:
            told = "vouches for %d events; the package holds %d, or others" % (size, len(log))
            place = result["findings" if seen else "notes"]  # a witness holds what he signs
            place.append((code, name, "the writer of this log " + told))
    return cosigners


# ---- (7) Who may do what, and which policy is in force: the latest trust document decides. ----
KINDS = {"s": str, "i": int, "b": bool, "o": dict, "d": HEX, "D": re.compile("([0-9a-f]{64})?")}
KINDS.update({"S": [str], "I": [HEX]})


def shape(text, **more):
    """Spells a shape: `name:kind`; s text, i number, b bool, o object, d digest, D digest or
    nothing, S texts, I digests."""
    spelt = {part.split(":")[0]: KINDS[part.split(":")[1]] for part in text.split()}
    return dict(spelt, **more)


MOVE = "model:s version:i tree:d from:s to:s parents:I reason:s"
VOTE = "model:s version:i tree:d from:s to:s request:d policy:d gates:d comment:s evidence_seen:I"
RETIRES = [shape("version:i tree:d to:s")]
GATES = [shape("name:s verdict:s measured:s needed:s reason:s")]
WISH = shape(MOVE + " policy:d expires:s", retires=RETIRES, gates=GATES)
BODIES = {
    "run.finish": shape("run:s experiment:s name:s status:s sealed:d manifest:D tree:D origin:s"),
    "version.register": shape(
        "model:s version:i tree:d manifest:D run:s artifact:s format_risk:s flavors:S replaces:s"
    ),
    "alias.set": shape("model:s alias:s version:i tree:D parents:I"),
    "stage.request": dict(WISH, evidence=[shape("kind:s sha256:d")]),
    "stage.emergency": shape(MOVE, retires=RETIRES),
    "stage.approve": shape(VOTE + " statement:s"),
    "stage.reject": shape(VOTE),
    "stage.changes": shape(VOTE),
    "stage.withdraw": shape("request:d reason:s"),
    "stage.expire": shape("request:d"),
    "witness.snapshot": {"heads": ("map", ("head",))},
}
CLOSED = {
    "stage.reject": "rejected",
    "stage.changes": "changes-asked",
    "stage.withdraw": "withdrawn",
    "stage.expire": "expired",
}


def well_formed(event):
    """Whether the body is as the format spells it, and the subject names what the body is about."""
    body, subject = event.body, ("team", event.team)
    lists = [body.get(key, []) for key in ("parents", "evidence_seen")]
    if not fits(body, BODIES[event.type]) or any(items != sorted(set(items)) for items in lists):
        return False
    if body.get("tree") and body.get("version"):
        subject = ("%s/%d" % (body["model"], body["version"]), body["tree"])
    elif event.type == "run.finish":
        subject = ("run/" + body["run"], body["tree"] or body["sealed"])
    named = event.envelope.subject[0]
    return (named["name"], named["digest"]["sha256"]) == subject


def claimed(event):
    """Returns the time an event claims in microseconds, None if the claim is not a time."""
    try:
        moment = dt.datetime.strptime(event.time, TIME).replace(tzinfo=dt.timezone.utc)
    except ValueError:
        return None
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


class Team:
    """The trust chain together with the logs it is applied to."""

    def __init__(self, chain, logs):
        self.chain, self.logs, self.latest = chain, logs, chain[-1]
        self.snapshots = []  # what witnesses signed, once their rights are judged
        stages = self.latest.get("stages")
        self.stages = {s["name"]: (s["risk"], s["exclusive"]) for s in stages or ()} or STAGES

    def id_at(self, writer, seq):
        log = self.logs.get(writer, ())
        return log[seq - 1].id if 0 < seq <= len(log) else None

    def rights(self, document, writer, seq, cap, scope):
        """Returns (the grants that allow it, the code if there is none: E-CAP or E-CUT)."""
        code, kind = "E-CAP", cap.split(":")[0] + ":*" if ":" in cap else cap
        found = []
        for grant in document["writers"].get(writer, {"caps": ()})["caps"]:
            if grant["cap"] not in (cap, kind) or grant["from"] >= seq:
                continue
            wide, cut = grant["scope"], grant["to"]
            if (
                scope is not None
                and wide not in ("*", scope)
                and not (wide.endswith("*") and ":" in wide and scope.startswith(wide[:-1]))
            ):
                continue
            held = self.id_at(writer, cut["seq"]) if cut else None
            if not cut or seq <= cut["seq"] and held in (None, cut["id"]):
                found.append(grant)
            code = "E-CUT"
        return found, "" if found else code

    def denied(self, document, writer, seq, cap, scope):
        """Returns "" if the writer may do this at that point of his log, else E-CAP or E-CUT."""
        return self.rights(document, writer, seq, cap, scope)[1]

    def is_late(self, event, cap, scope):
        """Whether only a right given after the version that the event cites allows it."""
        held, _ = self.rights(self.latest, event.writer, event.seq, cap, scope)
        known = self.chain[event.cited - 1]["writers"].get(event.writer, {"caps": ()})["caps"]
        old = {(grant["cap"], grant["scope"], grant["from"]) for grant in known}
        return bool(held) and not any((g["cap"], g["scope"], g["from"]) in old for g in held)

    def has_fresh_snapshot(self, event, days):
        """Whether an event has seen another person's snapshot at most so many days old, by claim.

        One that claims to be more than a day younger than what has seen it is not fresh.
        """
        mine, day, me = claimed(event), 24 * 3600 * 1000000, self.person(event.writer)
        known = [(claimed(s), s) for s in self.snapshots if self.person(s.writer) != me]
        return mine is not None and any(
            theirs is not None and -day <= mine - theirs <= days * day and event.has_seen(snapshot)
            for theirs, snapshot in known
        )

    def person(self, writer):
        return self.latest["writers"].get(writer, {"person": writer})["person"]

    def name(self, writer):
        person = self.person(writer)
        return self.latest["people"].get(person, {"name": person})["name"]

    def policy(self, document, model, stage):
        """Returns the policy for a model and stage: exact name, else the longest prefix."""
        patterns = [p for p in document["policies"] if p.endswith("*") and model.startswith(p[:-1])]
        pattern = model if model in document["policies"] else max(patterns, key=len)
        return document["policies"][pattern].get(stage.lower(), OPEN)

    def quorum(self, policy, approvals):
        """Enough distinct persons, and each group filled by another one of them."""
        people = {self.person(event.writer) for event in approvals}
        groups = {p: self.latest["people"].get(p, {"groups": ()})["groups"] for p in people}
        seats = {}

        def seat(group, tried):
            for person in sorted(people - tried):
                if group in groups[person] and person not in tried:
                    tried.add(person)
                    if person not in seats or seat(seats[person], tried):
                        seats[person] = group
                        return True
            return False

        return len(people) >= policy["need"] and all(seat(g, set()) for g in policy["groups"])


class Votes:
    """The answers to one request: which count, which policy they are held against, the outcome."""

    def __init__(self, team, request, answers, authors):
        self.team, self.request, self.authors = team, request, authors
        body, latest, self.lenient = request.body, team.latest, False
        self.policy = team.policy(latest, body["model"], body["to"])
        for before, after in zip(team.chain, team.chain[1:]):
            policy = team.policy(before, body["model"], body["to"])
            covered = [event for event in answers if self.covers(after, event)]
            if self.covers(after, request) and team.quorum(
                policy, self.count(covered, policy, lambda event: latest)
            ):
                self.policy = policy
                break
        self.current = digest(self.policy) == body["policy"]
        outcome = []
        for self.lenient in (True, False):  # whether late answers count
            self.counted = self.count(answers, self.policy, lambda event: latest)
            closing = {CLOSED.get(event.type) for event in answers if self.closes(event, answers)}
            self.closed = next((status for status in CLOSED.values() if status in closing), None)
            passed = not self.closed and team.quorum(self.policy, self.counted)
            outcome.append((self.closed, passed))
        self.late = outcome[0] != outcome[1] or team.is_late(
            request, "request:" + body["to"].lower(), "model:" + body["model"]
        )
        passing = {gate["name"] for gate in body["gates"] if gate["verdict"] in ("pass", "waived")}
        ready = {gate["name"] for gate in self.policy["gates"]} <= passing
        ready = ready and set(self.policy["require"]) <= {e["kind"] for e in body["evidence"]}
        ready = ready and self.current and not self.closed and not self.late
        self.passed = ready and team.quorum(self.policy, self.counted)
        cited = self.count(answers, self.policy, lambda e: team.chain[e.cited - 1])
        self.lapsed = ready and not self.passed and team.quorum(self.policy, cited)
        for event in answers:
            if event.type in ("stage.approve", "stage.reject", "stage.changes"):
                event.note = self.objection(event, self.policy, latest) or event.note

    def covers(self, document, event):
        seq, head = document["heads"].get(event.writer, (0, ""))
        return seq >= event.seq and self.team.id_at(event.writer, seq) == head

    def objection(self, event, policy, document):
        """Returns why an answer does not count, or ""."""
        team, wish, body = self.team, self.request.body, event.body
        cap, scope = "approve:" + wish["to"].lower(), "model:" + wish["model"]
        code = team.denied(document, event.writer, event.seq, cap, scope)
        if code:
            return code
        if any(body[key] != wish[key] for key in ("model", "version", "tree", "from", "to")):
            return "E-BIND"
        days = policy["require_fresh_snapshot_days"] if event.type == "stage.approve" else 0
        if body["policy"] != wish["policy"] or days and not team.has_fresh_snapshot(event, days):
            return "E-POLICY"
        evidence = sorted({item["sha256"] for item in wish["evidence"]})
        if body["evidence_seen"] != evidence or body["gates"] != digest(wish["gates"]):
            return "E-BIND"
        person, own = team.person(event.writer), team.person(self.request.writer)
        excluded = {own} if "requester" in policy["exclude"] else set()
        excluded |= self.authors if "run-author" in policy["exclude"] else set()
        if person in excluded:
            return "E-SELF"
        return "E-LATE" if not self.lenient and team.is_late(event, cap, scope) else ""

    def good(self, answers, kind, policy, document_of):
        return [
            event
            for event in answers
            if event.type == kind and not self.objection(event, policy, document_of(event))
        ]

    def count(self, answers, policy, document_of):
        """Returns the approvals that count: valid, by nobody who rejected in time."""
        approvals = self.good(answers, "stage.approve", policy, document_of)
        rejects = self.good(answers, "stage.reject", policy, document_of)
        against = [e for e in rejects if not self.seen_by(e, approvals, policy)]
        people = {self.team.person(event.writer) for event in against}
        return [event for event in approvals if self.team.person(event.writer) not in people]

    def seen_by(self, viewer, approvals=None, policy=None):
        """Whether an event has seen the request and a full quorum for it."""
        approvals = self.counted if approvals is None else approvals
        seen = [event for event in approvals if viewer.has_seen(event)]
        return viewer.has_seen(self.request) and self.team.quorum(policy or self.policy, seen)

    def closes(self, event, answers):
        team, latest = self.team, self.team.latest
        own = team.person(event.writer) == team.person(self.request.writer)
        fitting = {
            "stage.reject": self.policy["veto"],
            "stage.changes": True,
            "stage.withdraw": own,
            "stage.expire": "" < self.request.body.get("expires", "") < event.time,
        }.get(event.type, False)
        if fitting and event.type in ("stage.reject", "stage.changes"):
            fitting = not self.objection(event, self.policy, latest)
        approvals = self.good(answers, "stage.approve", self.policy, lambda event: latest)
        return fitting and not self.seen_by(event, approvals, self.policy)


class Emergency:
    """Stands in for the votes of an emergency: one word is enough."""

    closed, current, late, passed, lapsed, counted = None, True, False, True, False, ()

    def __init__(self, request):
        self.request, self.policy = request, OPEN

    def seen_by(self, viewer):
        return viewer.has_seen(self.request)


# ---- (8) The registry replayed: a pure function of the set of events, without clocks. ----
class Move:
    """A request or emergency and the lanes it touches: one a version, one an exclusive stage.

    A lane holds a stage (or the version that has it) and the id of the move that put it there.
    """

    def __init__(self, event, moves, team):
        body = event.body
        self.event, self.id, self.body, self.model = event, event.id, body, body["model"]
        self.parents = [moves[p] for p in body["parents"] if p in moves]
        self.key = (body["version"], body["tree"])
        self.retires = {(r["version"], r["tree"]): r["to"] for r in body["retires"]}
        self.risk = team.stages.get(body["to"], (0, False))[0]
        self.ancestors = {a for p in self.parents for a in p.ancestors | {p}}
        pairs = [(p, q) for p in self.parents for q in self.parents if p is not q]
        self.resolved = {p for p, q in pairs if rivals(p, q)}
        self.before, self.gave, self.depth = {}, {}, 1 + max([p.depth for p in self.parents] + [0])
        for key, to in list(self.retires.items()) + [(self.key, body["to"])]:
            left = body["from"] if key == self.key else self.find((self.model, "v", key))[0]
            if team.stages.get(left, (0, False))[1]:
                self.gave.setdefault((self.model, "s", left), (None, event.id))
            if team.stages.get(to, (0, False))[1]:
                self.gave[self.model, "s", to] = (key, event.id)
            self.gave[self.model, "v", key] = (to, event.id)
        self.lanes = set(self.gave).union(*[p.lanes for p in self.resolved])
        self.before = {lane: self.find(lane) for lane in self.lanes}

    def on(self, lane):
        """Returns the parents that are the heads this move knew in a lane."""
        touching = [p for p in self.parents if lane in p.lanes]
        overtaken = {a for p in touching for a in p.ancestors}
        return tuple(p for p in touching if p not in overtaken)

    def find(self, lane):
        """Returns what a lane held before this move, by its parents alone."""
        first = min(self.on(lane), key=lambda p: p.id, default=None)
        if first is None:
            return ("None" if lane[1] == "v" else None), ""
        return first.before[lane] if first in self.resolved else first.after(lane)

    def after(self, lane):
        return self.gave.get(lane) or self.before[lane]

    def objection(self, team, registered):
        """Returns why this move can never take effect, or ""."""
        body, stages = self.body, team.stages
        keys, lane = [self.key] + list(self.retires), (self.model, "v", self.key)
        good = len(set(keys)) == 1 + len(body["retires"])
        good = good and all((self.model,) + key in registered for key in keys)
        good = good and len(self.parents) == len(body["parents"])
        good = good and all(p.model == self.model for p in self.parents)
        good = good and body["to"] in stages and body["from"] in stages
        good = good and body["to"] != body["from"] == self.before[lane][0]
        holder = self.before.get((self.model, "s", body["to"]), (None, ""))[0]
        good = good and list(self.retires) == [k for k in [holder] if k not in (None, self.key)]
        for to in self.retires.values():  # only who holds the stage that is entered, to lower risk
            good = good and to in stages and not stages[to][1] and stages[to][0] < self.risk
        if self.event.type == "stage.emergency":
            good = good and body["to"] in [a.gave.get(lane, "?")[0] for a in self.ancestors]
        return "" if good else "E-BIND"


def rivals(one, other):
    """Whether two moves start from the same parents in a common lane."""
    return any(one.on(lane) == other.on(lane) for lane in one.lanes & other.lanes)


class Outcome:
    """Which of the living moves took effect, which conflict, which came too late."""

    def __init__(self, living, votes, team):
        self.living, starts = set(living), collections.defaultdict(set)
        for move in living:
            for lane in move.lanes:
                starts[lane, move.on(lane)].add(move)
        self.rivals = {m: set() for m in living}
        for group in starts.values():
            for move in group:
                self.rivals[move] |= group - {move}
        known = {(m, r): knew(team, votes, m, r) for m in living for r in self.rivals[m]}
        self.yields = {m: {r for r in self.rivals[m] if known[m, r] or (r.risk < m.risk and not
                           known[r, m])} for m in living}  # fmt: skip
        self.starts, self.fates, left = starts, {}, list(living)
        while left:  # parents first, as far as it follows; what is out stands in nobody's way
            for move in left:
                fate = self.fate(move)
                if fate:
                    self.fates[move] = fate
            undecided = [move for move in left if move not in self.fates]
            if undecided == left:  # moves that beat each other in a circle conflict
                circle = [move for move in left if self.is_grounded(move)]
                self.fates.update(dict.fromkeys(circle or left, "conflict" if circle else "out"))
            left = [move for move in undecided if move not in self.fates]
        self.effective = {move for move, fate in self.fates.items() if fate == "effective"}
        self.conflicting = {move for move, fate in self.fates.items() if fate == "conflict"}
        self.grounded = self.effective | self.conflicting
        self.resolved = {p for move in self.effective for p in move.resolved}

    def fate(self, move):
        """Returns effective, conflict or out, or None while that hangs on an unsettled move."""
        grounded, others = self.is_grounded(move), self.rivals[move]
        if grounded is False or any(self.stands(rival) for rival in self.yields[move]):
            return "out"
        if not grounded or any(rival not in self.fates for rival in self.yields[move]):
            return None
        if any(self.stands(rival) for rival in others):
            return "conflict"
        return "effective" if all(self.fates.get(rival) == "out" for rival in others) else None

    def stands(self, move):
        """Whether nothing can put a move out any more."""
        if move in self.fates:
            return self.fates[move] != "out"
        beaten = all(self.fates.get(rival) == "out" for rival in self.yields[move])
        return beaten and self.is_grounded(move) is True

    def is_grounded(self, move):
        """Whether a move stands on the whole head of each lane; None if not settled yet."""
        answers = {self.continues(move, lane) for lane in move.lanes}
        return False if False in answers else None if None in answers else True

    def continues(self, move, lane):
        """Whether a move names the whole head of a lane: nothing, one effect, or one conflict."""
        parents = move.on(lane)
        found = {self.fates.get(p, None if p in self.living else "out") for p in parents}
        if "out" in found or None in found:
            return False if "out" in found else None
        if "conflict" not in found:
            return len(parents) <= 1
        sides = self.starts[lane, parents[0].on(lane)]
        if any(side not in self.fates for side in sides):
            return None
        whole = {side for side in sides if self.fates[side] == "conflict"}
        return set(parents) == whole and whole <= move.resolved

    def heads(self, lane):
        touching = {move for move in self.grounded if lane in move.lanes}
        return touching - {p for move in touching for p in move.on(lane)}

    def status(self, move):
        if move in self.effective:
            leads = any(move in self.heads(lane) for lane in move.gave)
            return "effective" if leads else "superseded"
        if move in self.resolved:
            return "superseded"
        clash = move in self.conflicting or self.conflicting & move.ancestors
        return "conflict" if clash else "stale"

    def conflicts(self, model):
        left, groups = self.conflicting - self.resolved, []
        left = {move for move in left if move.model == model}
        while left:
            group, pending = [], [left.pop()]
            while pending:
                group.append(pending.pop())
                pending += self.rivals[group[-1]] & left
                left -= self.rivals[group[-1]]
            groups.append(sorted(move.id for move in group))
        return groups


def knew(team, votes, move, rival):
    """Whether a move was made, or needs approvals made, in knowledge that a rival had passed."""
    mine, theirs = votes[move.id], votes[rival.id]
    if theirs.seen_by(move.event):
        return True
    unaware = [event for event in mine.counted if not theirs.seen_by(event)]
    return not team.quorum(mine.policy, unaware)


def replay_alias(events):
    """Returns (what one alias points at, conflicting settings); parents name the head, as above."""
    heads, target = [], None
    while True:
        children = [e for e in events if e.body["parents"] == heads]
        standing = [e for e in children if not any(e.has_seen(o) for o in children if o is not e)]
        ids = sorted(event.id for event in standing)
        if len(ids) > 1 and not any(e.body["parents"] == ids for e in events):
            return target, [ids]
        if not ids:
            return target, []
        target = standing[0].body if len(ids) == 1 else target
        heads = ids


def needs(event):
    """Returns the capability an event needs and the scope it is asked for."""
    if event.type == "witness.snapshot":
        return "witness", None  # of the whole team: a scope means nothing here
    body, cap = event.body, {"alias.set": "register", "version.register": "register"}
    if event.type == "run.finish":
        return "log", "experiment:" + body["experiment"]
    if event.type in ("stage.request", "stage.emergency"):
        verb = "request:" if event.type == "stage.request" else "approve:"
        return verb + body["to"].lower(), "model:" + body["model"]
    return cap.get(event.type), "model:" + body.get("model", "")


class Registry:
    """Versions with their stages, and what became of each request."""

    def __init__(self, team):
        self.team, valid = team, collections.defaultdict(list)
        events = [event for log in team.logs.values() for event in log if event.type in BODIES]
        for event in sorted(events, key=lambda event: event.id):
            cap, scope = needs(event) if well_formed(event) else (None, "")
            if cap:
                event.note = team.denied(team.latest, event.writer, event.seq, cap, scope)
                if event.type in ("alias.set", "stage.emergency") and not event.note:
                    event.note = "E-LATE" if team.is_late(event, cap, scope) else ""
            elif not well_formed(event):
                event.note = "E-FORMAT"
            if not event.note:
                valid[event.type].append(event)
        team.snapshots = valid["witness.snapshot"]
        self.versions, authors = {}, collections.defaultdict(set)
        for event in valid["version.register"]:
            body = event.body
            self.versions.setdefault((body["model"], body["version"], body["tree"]), event)
        for event in valid["run.finish"]:
            authors[event.body["run"]].add(team.person(event.writer))
        authors.pop("", None)
        answers = collections.defaultdict(list)
        for kind in ["stage.approve"] + list(CLOSED):
            for event in valid[kind]:
                answers[event.body["request"]].append(event)
        self.moves = self.read_moves(valid["stage.request"] + valid["stage.emergency"])
        self.votes, living = {}, {}
        for move in self.moves:
            made = self.versions.get((move.model,) + move.key)
            run = authors.get(made.body["run"], set()) if made else set()
            ballot = Emergency(move.event)
            if move.event.type == "stage.request":
                ballot = Votes(team, move.event, answers[move.id], run)
            self.votes[move.id] = ballot
            move.event.note = move.objection(team, self.versions)
            whole = all(p.id in living for p in move.parents)
            if ballot.passed and whole and not move.event.note:
                living[move.id] = move
        self.outcome = Outcome(list(living.values()), self.votes, team)
        self.status = {move.id: self.status_of(move) for move in self.moves}
        settings = collections.defaultdict(list)
        for event in valid["alias.set"]:
            body = event.body
            made = (body["model"], body["version"], body["tree"]) in self.versions
            if made or (body["version"], body["tree"]) == (0, ""):
                settings[body["model"], body["alias"]].append(event)
        self.aliases = {name: replay_alias(events) for name, events in settings.items()}

    def read_moves(self, events):
        """Returns the moves, parents first. Parents are digests of earlier events: no cycles."""
        waiting, moves = {event.id: event for event in events}, {}
        pending = sorted(waiting)
        while pending:
            event = waiting[pending[-1]]
            unknown = [p for p in event.body["parents"] if p in waiting and p not in moves]
            if unknown and event.id not in moves:
                pending += unknown
            elif pending.pop() not in moves:
                moves[event.id] = Move(event, moves, self.team)
        return sorted(moves.values(), key=lambda move: (move.depth, move.id))

    def status_of(self, move):
        ballot, outcome = self.votes[move.id], self.outcome
        if move.event.note:
            return "invalid"
        if ballot.closed or ballot.late or not ballot.current:
            return ballot.closed or "needs-reconfirm"
        if ballot.passed:
            return outcome.status(move)
        heads = sorted({head.id for lane in move.lanes for head in outcome.heads(lane)})
        if ballot.lapsed:
            return "lapsed"
        return "pending" if heads == move.body["parents"] else "stale"

    def stage(self, version):
        """Returns (stage, id of the move that gave it)."""
        lane, held = (version[0], "v", version[1:]), ("None", "")
        for head in sorted(self.outcome.heads(lane), key=lambda move: move.id):
            held = head.after(lane) if head in self.outcome.effective else head.before[lane]
        return held

    def state(self):
        models = []
        for name in sorted({key[0] for key in self.versions}, key=lambda name: name.encode()):
            mine = {a: s for (model, a), s in self.aliases.items() if model == name}
            targets = {a: t for a, (t, _) in mine.items() if t and t["version"]}
            versions = []
            for key in sorted(key for key in self.versions if key[0] == name):
                event, (stage, by) = self.versions[key], self.stage(key)
                entry = {"version": key[1], "tree": key[2], "register": event.id}
                versions.append(dict(entry, run=event.body["run"], stage=stage, by=by))
            clashes = [ids for _, conflict in mine.values() for ids in conflict]
            models.append({
                "name": name,
                "aliases": {a: "%d+%s" % (t["version"], t["tree"][:8]) for a, t in targets.items()},
                "conflicts": sorted(self.outcome.conflicts(name) + clashes),
                "versions": versions,
            })  # fmt: skip
        trust = {"version": self.team.latest["version"], "id": self.team.latest["id"]}
        requests = [{"id": id_, "status": self.status[id_]} for id_ in sorted(self.status)]
        whole = {"format": 1, "team": self.team.chain[0]["id"], "trust": trust}
        return dict(whole, models=models, requests=requests)


# ---- (9) The comparison: the package, its signature, the model, and the report. ----
REPORT = {"format": int, "team": HEX, "model": str, "version": int, "tree": HEX, "stage": str}
REPORT.update(state=HEX, policy=KINDS["D"], request=KINDS["D"])
REPORT["approvals"] = [{"event": HEX, "person": str, "name": str, "writer": HEX}]
FILE = {"path": str, "size": re.compile("0|[1-9][0-9]{0,15}"), "sha256": HEX, "parts": [HEX]}


def tree_of(files):
    """Returns TREE, which approvals are bound to, of {path: (size, sha256)}."""
    check_paths(files)
    lines = ["%s  %d  %s\n" % (h, size, p) for p, (size, h) in files.items()]
    lines.sort(key=lambda line: line.split("  ", 2)[2][:-1].encode())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read_bundle(package, name, team):
    """Returns (tree, {path: (size, sha256)}) of a signed manifest of files."""
    envelope = Envelope(package.read(name, MAX_MANIFEST), name, "bundle")
    body = envelope.body
    if name != "data/bundles/%s.json" % package.sha256(name):
        raise Bad("E-HASH", name, "its name is not its digest")
    if body.get("team") != team.chain[0]["id"]:
        raise Bad("E-TEAM", name, "is a manifest of another team")
    if not fits(body.get("files"), [FILE]) or len(envelope.subject) != 1:
        raise Bad("E-FORMAT", name, "is not a manifest")
    for keyid in envelope.signatures:
        if keyid not in team.latest["writers"]:
            raise Bad("E-SIG", name, "is signed by somebody who is not in the team")
        envelope.verify(keyid, key_of(keyid, team.latest["writers"][keyid], name))
    files = {f["path"]: (int(f["size"]), f["sha256"]) for f in body["files"]}
    tree = tree_of(files)
    if len(files) != len(body["files"]) or tree != envelope.subject[0]["digest"]["sha256"]:
        raise Bad("E-BIND", name, "its files do not make the tree it names")
    return tree, files


def contents(package, folder):
    return {n[len(folder) :]: (package.sizes[n], package.sha256(n)) for n in package.under(folder)}


def check_contents(package, team, report, register):
    """The model is the registered tree, run files are those of the run's manifest."""
    bundles = {n[13:-5]: read_bundle(package, n, team) for n in package.under("data/bundles/")}
    model = contents(package, "data/model/")
    if tree_of(model) != report["tree"]:
        raise Bad("E-BIND", "data/model", "its files are not the tree that was registered")
    manifest = register.body["manifest"]
    if manifest and bundles.get(manifest, ("",))[0] != report["tree"]:
        raise Bad("E-MISSING", "data/bundles", "no manifest of the registered version")
    ended = [e for log in team.logs.values() for e in log if e.type == "run.finish" and not e.note]
    for run in sorted({name.split("/")[2] for name in package.under("data/runs/")}):
        folder = "data/runs/%s/" % run
        of_run = [e.body["manifest"] for e in ended if e.body["run"] == run]
        listed = [set(bundles[m][1].items()) for m in of_run if m in bundles]
        here = set(contents(package, folder).items())
        if not any(here <= files for files in listed):
            raise Bad("E-BIND", folder, "holds files that no manifest of the finished run lists")


def pem(der):
    text = base64.b64encode(der).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----"] + lines + ["-----END PUBLIC KEY-----", ""])


def check_keys(package, team):
    """The PEM files for openssl hold the keys of the trust document, not somebody else's."""
    for name in package.under("data/keys/"):
        writer, _, kind = name[len("data/keys/") :].partition(".")
        entry = team.latest["writers"].get(writer, {"pub": "", "p256": "", "alg": ""})
        wanted = None
        if kind == "ed25519.pem" and entry["alg"] == "ed25519":
            wanted = pem(ED_SPKI + bytes.fromhex(entry["pub"]))
        elif kind == "p256.pem" and spki_point(entry["p256"]):
            wanted = pem(SPKI + spki_point(entry["p256"]))
        if package.read(name, 4096).decode("latin-1") != wanted:
            raise Bad("E-TRUST-SIG", name, "is not a key of the trust document")


def read_seal(package):
    """Returns the envelope over the tag manifest and its P-256 signature, not yet verified."""
    name = TAG + ".dsse.json"
    envelope = Envelope(package.read(name, MAX_EVENT), name, "audit")
    named = (TAG, TAG + ".p256.sig")
    if envelope.subject != [{"name": n, "digest": {"sha256": package.sha256(n)}} for n in named]:
        raise Bad("E-HASH", name, "does not name the tag manifest and signature that are here")
    return envelope


def check_seal(package, team, envelope):
    """Returns the writer who signed the package, which must be somebody who may export it."""
    name, p256, writer = envelope.where, TAG + ".p256.sig", envelope.body.get("writer")
    if envelope.body.get("team") != team.chain[0]["id"] or writer not in envelope.signatures:
        raise Bad("E-TEAM", name, "was sealed for another team, or not by the writer it names")
    scope = "model:%s" % envelope.body.get("model", "")
    for keyid in envelope.signatures:
        entry, after = team.latest["writers"].get(keyid), len(team.logs.get(keyid, ())) + 1
        if entry is None:
            raise Bad("E-SIG", name, "is signed by somebody who is not in the team")
        envelope.verify(keyid, key_of(keyid, entry, name))
        code = team.denied(team.latest, keyid, after, "export.audit", scope)
        if code:
            raise Bad(code, name, team.name(keyid) + " may not export audit packages")
    point = spki_point(team.latest["writers"][writer]["p256"])
    if not p_verify(point, package.read(TAG, MAX_MANIFEST), package.read(p256, 256)):
        raise Bad("E-SIG", p256, "does not verify with the exporter's P-256 key")
    return writer


def check_signatures(team, everything):
    """Verifies signatures; a head signature commits to all events before it. Returns how many."""
    count = 0
    for writer, log in team.logs.items():
        key = key_of(writer, team.latest["writers"][writer], "data/log/%s.jsonl" % writer)
        for event in log:
            matters = event.type in BODIES and event.type != "run.finish"
            if everything or event is log[-1] or matters:
                event.envelope.verify(writer, key)
                count += 1
    return count


def check_report(registry, report, where):
    """Compares the report with the replay; returns the findings."""
    team, found = registry.team, []
    version = (report["model"], report["version"], report["tree"])
    if version not in registry.versions:
        return [("E-BIND", where, "no such version was ever registered by somebody who may")]
    stage, by = registry.stage(version)
    ballot = registry.votes.get(by)
    voters = {}
    for event in sorted(ballot.counted if ballot else (), key=lambda event: event.id):
        voters.setdefault(team.person(event.writer), event)
    approvals = [
        {"event": e.id, "person": p, "name": team.name(e.writer), "writer": e.writer}
        for p, e in voters.items()
    ]
    wish = registry.status and by and ballot.request.body.get("policy", "")
    facts = {"format": 1, "team": team.chain[0]["id"], "stage": stage, "request": by}
    facts.update(approvals=approvals, policy=wish or "", state=digest(registry.state()))
    for key, value in facts.items():
        if report[key] != value:
            code = "E-POLICY" if key == "policy" and value else "E-BIND"
            code = "E-TEAM" if key == "team" else code
            text = "says %s is %s, the events say %s" % (key, brief(report[key]), brief(value))
            found.append((code, where, text))
    return found


# ---- The answer. ----
def brief(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:100] or "nothing"


def groups(text):
    return " ".join((text[:4], text[4:8], "…"))


def plain(text):
    """Shows control and direction characters of foreign text as what they are."""
    return "".join(c if c.isprintable() else "\\u%04x" % ord(c) for c in str(text))


def verify(path, team_id, everything=False):
    """Returns {"exit", "sentence", "findings", "notes", "checked"} and raises nothing."""
    result = {"exit": 1, "sentence": "", "findings": [], "notes": [], "checked": {}}
    try:
        package = Package(path)
        result["checked"]["files"] = len(package.sizes)
        result["findings"] = check_files(package)
        if not result["findings"]:
            inspect(package, team_id, everything, result)
    except Bad as bad:
        result["findings"].append(bad.finding)
    except (Unreadable, OSError) as error:
        result.update(exit=2, sentence="Cannot be read: %s." % error)
    except Exception as error:  # noqa: BLE001 - whatever a package does to this reader, it fails
        result["findings"].append(("E-FORMAT", "", "%s: %s" % (type(error).__name__, error)))
    findings = result["findings"]
    if findings:
        first = "%s %s: %s" % tuple(findings[0])
        result["sentence"] = "Does not hold: %d finding%s, the first is %s." % (
            len(findings), "" if len(findings) == 1 else "s", first)  # fmt: skip
    elif result["exit"] != 2:
        result["exit"] = 0
    return result


def inspect(package, team_id, everything, result):
    """Everything after the digests: trust, logs, replay, comparison; fills in the result."""
    findings, where = result["findings"], "data/report.json"
    envelope = read_seal(package)
    report = strict_json(package.read(where, MAX_TRUST), where)
    if not fits(report, REPORT):
        raise Bad("E-FORMAT", where, "is not a report of format 1")
    chain = read_trust(package, team_id)
    forks = read_proofs(package, team_id, chain)
    logs, seen = read_logs(package, team_id, chain, forks)
    findings += seen
    team = Team(chain, logs)
    for writer, number in sorted(forks.items()):
        last = len(logs.get(writer, ()))
        text = "a key of %s signed two different events with number %d; nothing it signed after"
        text += " event %d counts"
        place = "data/equivocation/%s.jsonl" % writer
        result["notes"].append(("E-EQUIV", place, text % (team.name(writer), number, last)))
    cosigners = check_notes(package, team, forks, result)
    signed = check_signatures(team, everything)
    exporter = check_seal(package, team, envelope)
    check_keys(package, team)
    registry = Registry(team)
    findings += check_report(registry, report, where)
    for log in logs.values():
        for event in log:
            if event.note:
                text = "this %s of %s has no effect" % (event.type, team.name(event.writer))
                result["notes"].append((event.note, event.where, text))
    version = (report["model"], report["version"], report["tree"])
    if version in registry.versions:
        check_contents(package, team, report, registry.versions[version])
    total = sum(map(len, logs.values()))
    result["checked"].update(events=total, writers=len(logs), trust=len(chain), signatures=signed)
    names = ", ".join(approval["name"] for approval in report["approvals"])
    words = "%s of %s is version %d (tree %s)" % (
        report["stage"], report["model"], report["version"], groups(report["tree"]))  # fmt: skip
    if report["stage"] == "None":
        words = "version %d of %s (tree %s) is in no stage" % (
            report["version"], report["model"], groups(report["tree"]))  # fmt: skip
    if report["request"] and report["request"] in registry.votes:
        wish = registry.votes[report["request"]].request
        approved = "approved by " + names if names else "which needed no approval,"
        under = " under policy " + groups(report["policy"]) if report["policy"] else " (emergency)"
        words += ", %s%s, requested by %s" % (approved, under, team.name(wish.writer))
    words += "; %d events of %d writers, trust version %d, package signed by %s." % (
        total, len(logs), len(chain), team.name(exporter))  # fmt: skip
    for (name, _), count in sorted(cosigners.items()):
        words += " %s cosigned %d of %d logs." % (name, count, len(logs))
    if everything:
        words += " Each of the %d signatures was checked." % signed
    result["sentence"] = "Holds: " + words


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Checks a Strongroom audit package.")
    parser.add_argument("path", nargs="?", help="folder or ZIP (default: where this file lies)")
    parser.add_argument("--team", required=True, metavar="HEX", help="team id, told by the team")
    parser.add_argument("--all", action="store_true", help="check every signature")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    team = re.sub("[^0-9a-z]", "", options.team.lower())
    if not HEX.fullmatch(team):
        parser.error("--team takes 64 hexadecimal digits")
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    result = verify(options.path or here, team, options.all)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    if options.json:
        for key in ("findings", "notes"):
            result[key] = [dict(zip(("code", "path", "detail"), row)) for row in result[key]]
        print(json.dumps(dict(result, ok=result["exit"] == 0), sort_keys=True))
    else:
        print(plain(result["sentence"]))
        for title in ("findings", "notes"):
            for row in result[title][:MAX_SHOWN]:
                print(("" if title == "findings" else "note: ") + plain("%s %s: %s" % tuple(row)))
    return result["exit"]


if __name__ == "__main__":
    sys.exit(main())
