# SPDX-License-Identifier: Apache-2.0
"""What one version of the trust document may change of the version before, whoever signs it.

* No right is given for the past, none is taken without a cut, nobody disappears and no key changes
  hands: the rules that defeat backdating cannot be forgotten, because a document that breaks them
  is not valid (trust.md 4.1).
"""

from strongroom.domain.team import Grant, Member, TrustDocument


def impossible(document: TrustDocument) -> str:
    """Returns what no version may say, or ""."""
    if not 1 <= document.root_threshold <= len(document.root_keys):
        return "The root threshold cannot be met"
    admins = [writer for writer in document.admin_writers if _is_active(document, writer)]
    if not 1 <= document.admin_threshold <= len(admins):
        return "The admin threshold cannot be met"
    if len(set(document.admin_writers)) != len(document.admin_writers):
        return "An admin is listed twice"
    for member in document.members.values():
        if member.person not in document.people:
            return "A writer belongs to nobody"
        if not member.is_active and any(grant.cut is None for grant in member.grants):
            return "A revoked writer has an open grant"
    return ""


def forbidden_change(before: TrustDocument, after: TrustDocument) -> str:
    """Returns what a successor may not do, or ""."""
    if before.nonce != after.nonce:
        return "changes the nonce of the team"
    if not set(before.people) <= set(after.people):
        return "drops a person"
    for writer, head in before.heads.items():
        if after.heads.get(writer, (0, ""))[0] < head[0]:
            return "has seen less than the version before"
    for writer, member in before.members.items():
        heir = after.members.get(writer)
        if heir is None:
            return "drops a writer"
        objection = _forbidden_for_member(member, heir, after.heads.get(writer, (0, ""))[0])
        if objection:
            return objection
    return ""


def _is_active(document: TrustDocument, writer: str) -> bool:
    return writer in document.members and document.members[writer].is_active


def _forbidden_for_member(member: Member, heir: Member, seen_seq: int) -> str:
    same = (member.person, member.host, member.alg, member.pub, member.p256)
    if same != (heir.person, heir.host, heir.alg, heir.pub, heir.p256):
        return "changes whose key a writer is"
    left = list(heir.grants)
    for grant in member.grants:
        kept = next((other for other in left if _continues(grant, other, heir, seen_seq)), None)
        if kept is None:
            return "takes a right away without a cut"
        left.remove(kept)
    if any(grant.after_seq < seen_seq for grant in left):
        return "gives a right for the past"
    return ""


def _continues(grant: Grant, other: Grant, heir: Member, seen_seq: int) -> bool:
    same = (grant.cap, grant.scope, grant.after_seq)
    if same != (other.cap, other.scope, other.after_seq):
        return False
    if grant.cut == other.cut:
        return True
    if other.cut is None:
        return False
    is_compromised = heir.reason == "compromised"
    if grant.cut is not None:
        return is_compromised and other.cut[0] < grant.cut[0]
    return other.cut[0] >= seen_seq or is_compromised
