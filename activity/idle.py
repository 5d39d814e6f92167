"""Act: accounts on which nobody tried to reach the person for too long are proposed for recall."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from activity import queries
from placements import proposing


def propose_idle(session: Session, *, at: datetime) -> int:
    """Propose what has been idle for as long as the policy says; how many accounts."""
    policy = proposing.policies()["no_activity"]
    whys: dict[int, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    if policy["enabled"]:
        for placement_id, agency_id in queries.idle_placements(session, at - timedelta(days=policy["days"])):
            whys[agency_id][placement_id] = {"days": policy["days"]}
    return proposing.propose(session, "no_activity", whys, at=at)
