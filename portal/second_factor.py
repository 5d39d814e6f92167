"""The second factor: time-based codes (TOTP, RFC 6238) of six digits and 30 seconds, each accepted once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
from datetime import datetime

import pyotp
import segno
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from portal import sealing
from portal.people import User

ISSUER = "Placewell"
STEP_S = 30
DRIFT = 1  # steps before and after, for clocks that are not quite right


def offered(token: str, secret_key: str) -> str:
    """The secret that an invitation's page offers. Derived from the link's token, so that showing the page writes nothing."""
    digest = hmac.new(secret_key.encode(), b"second factor|" + token.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:20]).decode()


def svg(secret: str, email: str) -> bytes:
    """The QR code with which an authenticator app takes the secret over, as an SVG document without styles."""
    picture = io.BytesIO()
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    segno.make(uri, error="m").save(
        picture, kind="svg", scale=5, border=3, light="white", svgclass=None, lineclass=None
    )
    return picture.getvalue()


def step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """The time step whose code this is, one step around now allowed; None if it is of none."""
    now, clean = int(at.timestamp()) // STEP_S, "".join(code.split())
    generator = pyotp.TOTP(secret)
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(generator.at(step * STEP_S).encode(), clean.encode()):
            return step
    return None


def take(session: Session, user: User, code: str, *, at: datetime) -> bool:
    """True if the code is right and was not used before; it is used up then, also if two requests bring it at once."""
    if user.totp_sealed is None:
        return False
    step = step_of(sealing.keyring().open(user.totp_sealed, place(user.id)), code, at=at)
    if step is None:
        return False
    unused = or_(User.totp_last_step.is_(None), User.totp_last_step < step)
    taken = session.execute(update(User).where(User.id == user.id, unused).values(totp_last_step=step))
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def seal(user: User, secret: str) -> None:
    """Give a person this secret; codes of an older one are worth nothing any more."""
    user.totp_sealed, user.totp_last_step = sealing.keyring().seal(secret, place(user.id)), None


def place(user_id: int) -> str:
    """What a sealed secret is bound to."""
    return f"app_user.totp:{user_id}"
