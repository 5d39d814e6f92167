"""Acts of looking: a person is found by what identifies them, or shown unmasked. Both leave an entry in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from placements import queries
from placements.events import CONSUMER_UNMASKED, CONSUMERS_SEARCHED
from placements.intake import phone_key
from placements.models import Account, Consumer
from portal import audit
from portal.errors import N_, Invalid
from portal.permissions import Actor
from portal.sealing import keyring

MOST: Final = 100
INDEXES: Final = {"name": Consumer.name_index, "id": Consumer.id_index, "phone": Consumer.phone_index}


def find_people(session: Session, actor: Actor, by: str, text: str) -> Sequence[Account]:
    """The accounts of people with this whole name, identity number or telephone number, however it is spelled; at most `MOST`.

    What was searched for is not recorded, because it is personal data; that somebody searched, and how many were found, is.
    """
    plain = phone_key(text) if by == "phone" else text
    found = queries.find_people(session, actor, index=INDEXES[by], value=keyring().blind(plain, by), most=MOST)
    audit.record(session, actor, CONSUMERS_SEARCHED, "consumers:search", by=by, found=len(found))
    return found


def unmask(session: Session, actor: Actor, account: Account, reason: str) -> dict[str, str]:
    """What identifies the person behind an account. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid(N_("Say why you need to see it."), fields={"reason": N_("Say why you need to see it.")})
    audit.record(
        session,
        actor,
        CONSUMER_UNMASKED,
        f"consumer:{account.consumer.consumer_ref}",
        account=account.account_ref,
        reason=reason.strip(),
    )
    return account.consumer.personal
