# SPDX-License-Identifier: Apache-2.0
"""Founding a team: its first trust document, signed by a root key made for it, and the pin."""

from strongroom.domain.access import FOUNDER_CAPS
from strongroom.domain.errors import BadInput
from strongroom.domain.ids import new_id, person_id
from strongroom.domain.key_words import OWN_KEY_ASKED
from strongroom.domain.policy import DEFAULT_POLICIES
from strongroom.domain.team import Grant, Member, Person, RootKey, TrustDocument
from strongroom.services.key_ring import asked_once
from strongroom.services.workstation import Workstation
from strongroom.store.home import IdentityCard
from strongroom.store.home_formats import OF_SIGNING, PIN
from strongroom.trust import envelope
from strongroom.trust.identity import SecretsHandler, create_identity
from strongroom.trust.keys import KeyPair
from strongroom.trust.signer import Ed25519Signer

LIMITS: dict[str, str | int] = {"max_file": str(1 << 30), "max_files": 100_000}


def found_team(at: Workstation, name: str, *, ask: SecretsHandler | None = None) -> TrustDocument:
    """Founds a team on a workstation.

    Raises:
        BadInput: ``E-TEAM`` if a team is pinned already, ``E-NAME`` for an empty name.
        Refused: ``E-CAP`` if there is no identity.
        EnvironmentFault: ``E-LOCKED``.
    """
    clean = " ".join(name.split())
    if not clean:
        raise BadInput("E-NAME", "A team needs a name", "Give the name people call it by.")
    if at.home.pinned_team():
        raise BadInput(
            "E-TEAM",
            "This store belongs to a team already",
            "A store has one team. Use another store for another team.",
        )
    at.home.require_writable(PIN, *OF_SIGNING)
    card = at.require_card()
    # One asking is enough: the root key is protected as the founder's own key is.
    once = asked_once(ask or at.ask)
    at.keys(ask=once)
    root = KeyPair.generate(at.random_bytes)
    create_identity(
        at.home.key_file(root.writer),
        root,
        protection=at.identity().protection,
        keychain=at.keychain,
        passphrase=_passphrase(at, once),
        random_bytes=at.random_bytes,
    )
    document = _first_document(clean, card, root, nonce=new_id(at.random_bytes))
    raw = envelope.seal(document.to_statement(), [Ed25519Signer(root)])
    at.home.pin_team(envelope.parse(raw, max_bytes=envelope.MAX_TRUST_BYTES).payload_id)
    founded = at.ledger().add_trust(raw)
    at.sign("writer.hello", {"host": card.host, "app": at.app}, ask=once)
    return founded


def _first_document(name: str, card: IdentityCard, root: KeyPair, *, nonce: str) -> TrustDocument:
    person = person_id(card.writer)
    root_key = RootKey(
        keyid=root.writer, alg="ed25519", pub=root.ed25519_pub.hex, label=f"root of {card.name}"
    )
    founder = Member(
        writer=card.writer,
        person=person,
        host=card.host,
        alg="ed25519",
        pub=card.pub,
        p256=card.p256,
        grants=tuple(
            Grant(cap=cap, scope="*", after_seq=0, cut=None) for cap in sorted(FOUNDER_CAPS)
        ),
        is_active=True,
        reason="",
    )
    return TrustDocument(
        id="",
        team_name=name,
        version=1,
        prev="",
        nonce=nonce,
        root_threshold=1,
        root_keys={root.writer: root_key},
        admin_threshold=1,
        admin_writers=(card.writer,),
        people={person: Person(person=person, name=card.name, groups=())},
        members={card.writer: founder},
        policies=DEFAULT_POLICIES,
        heads={},
        limits=LIMITS,
    )


def _passphrase(at: Workstation, ask: SecretsHandler) -> str:
    """Asks for the passphrase if the founder's own key needs one and was open already."""
    if "passphrase" in at.identity().protection:
        return ask(OWN_KEY_ASKED)
    return ""
