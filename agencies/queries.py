"""Questions about agencies: who there is, what they hold, on what terms. Rows are scoped to the actor here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from agencies.clearance import Staff
from agencies.credentials import AgencyFacts, Agreement, Demand, Held, Lifted, Outstanding
from agencies.diligence.queries import open_conditions
from agencies.models import (
    PROVEN,
    Agency,
    AgencyStatus,
    Collector,
    CollectorLogin,
    Contract,
    ContractDemand,
    ContractState,
    Credential,
    CredentialCheck,
    CredentialState,
    Exemption,
    FeeTerm,
    Standing,
    StatusChange,
)
from agencies.ramp import Ramp
from agencies.registries.models import HitState, ScreeningHit
from portal.errors import N_, NotFound
from portal.files import StoredFile
from portal.people import Role, User
from portal.permissions import Actor

Row = TypeVar("Row")
IN_MOST = 5000  # ids in one condition
LEFT = frozenset({AgencyStatus.DECLINED, AgencyStatus.EXITED})
PUBLISHED = frozenset({
    "us.licence", "us.nmls", "cn.usci", "gb.fca", "gb.companies_house", "de.rdg", "nl.wki", "nl.kvk", "it.tulps115", "au.abn", "au.acl", "hk.br",
    "sg.dca_licence", "za.cfdc", "ca.on_registration", "eu.credit_servicer", "in.cin",
})  # fmt: skip
"""Credentials whose numbers stand in public registers anyway."""

APPLYING = frozenset({AgencyStatus.APPLICANT, AgencyStatus.IN_REVIEW})
FOR_APPLICANTS = frozenset({
    "portal.home", "tasks.view", "agencies.view", "diligence.fill", "documents.answer", "credentials.submit", "policies.view",
})  # fmt: skip
"""Permissions of people whose agency is not let in yet. Anybody may apply, so they get no keys, no webhooks and no files of rows."""
SANCTIONED = N_("A person found that a sanctions list means it, or somebody behind it.")
BINDING = (ContractState.APPROVED, ContractState.ENDED)
"""A contract that was ended still ruled the days until then."""


# -- agencies ------------------------------------------------------------------------------------------------------------


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The agencies an actor may see: the bank all, an agency itself."""
    return Agency.id.is_not(None) if actor.agency_id is None else Agency.id == actor.agency_id


def get(session: Session, actor: Actor, code: str) -> Agency:
    """One agency by its code. Raises NotFound if there is none or it is not the actor's to see."""
    return _found(session.scalars(select(Agency).where(Agency.code == code, visible_to(actor))).first())


def agencies_list(actor: Actor) -> Select[Any]:
    """The agencies an actor may see, each with its standing, if it has one."""
    wanted: Any = select(Agency, Standing).outerjoin(Standing, Standing.agency_id == Agency.id)
    visible: Select[Any] = wanted.where(visible_to(actor))
    return visible


def everyone(session: Session, actor: Actor) -> Sequence[Agency]:
    """Every agency the actor may see, by code."""
    return session.scalars(select(Agency).where(visible_to(actor)).order_by(Agency.code)).all()


def by_code(session: Session, codes: Collection[str]) -> dict[str, Agency]:
    """The agencies among these codes."""
    found = session.scalars(select(Agency).where(Agency.code.in_(codes)))
    return {agency.code: agency for agency in found}


def history(session: Session, agency: Agency) -> Sequence[StatusChange]:
    """An agency's life, newest move first."""
    return session.scalars(
        select(StatusChange).where(StatusChange.agency_id == agency.id).order_by(StatusChange.id.desc())
    ).all()


def standing_of(session: Session, agency_id: int) -> Standing | None:
    """What higher floors concluded about an agency; None while they have not."""
    return session.get(Standing, agency_id)


def live_credentials(session: Session, agency_ids: Collection[int], day: date) -> dict[int, int]:
    """How many verified credentials of each agency are good on this day; agencies without any are left out."""
    wanted = select(Credential.agency_id, func.count()).where(Credential.agency_id.in_(agency_ids), good_on(day))
    return {row[0]: row[1] for row in session.execute(wanted.group_by(Credential.agency_id))}


def soonest_ends(session: Session, agency_ids: Collection[int], day: date) -> dict[int, date]:
    """The next day on which a credential of each agency runs out; agencies without such a day are left out."""
    wanted = select(Credential.agency_id, func.min(Credential.valid_until)).where(
        Credential.agency_id.in_(agency_ids), good_on(day), Credential.valid_until.is_not(None)
    )
    found = session.execute(wanted.group_by(Credential.agency_id))
    return {agency_id: soonest for agency_id, soonest in found if soonest is not None}


def id_of_code(session: Session, code: str) -> int | None:
    """The id of the agency with this code, or None."""
    return session.scalar(select(Agency.id).where(Agency.code == code))


def code_of_id(session: Session, agency_id: int) -> str | None:
    """The code of an agency, or None."""
    return session.scalar(select(Agency.code).where(Agency.id == agency_id))


def has_left(session: Session, agency_id: int) -> bool:
    """True if the agency was declined or has left: nobody of it may enter any more."""
    return session.scalar(select(Agency.status).where(Agency.id == agency_id)) in LEFT


def limits_of(session: Session, agency_id: int) -> tuple[str | None, frozenset[str] | None]:
    """An agency's code, and what its people may do at most: everything, or as an applicant nothing but apply."""
    found = session.execute(select(Agency.code, Agency.status).where(Agency.id == agency_id)).first()
    return (found.code, FOR_APPLICANTS if found.status in APPLYING else None) if found else (None, None)


def managers_of(session: Session, agency_id: int) -> Sequence[User]:
    """The active managers of an agency, who are written to."""
    wanted = select(User).where(User.agency_id == agency_id, User.role == Role.AGENCY_MANAGER, User.active)
    return session.scalars(wanted.order_by(User.id)).all()


# -- facts for placing ---------------------------------------------------------------------------------------------------


def facts(session: Session, agency_ids: Collection[int] | None = None) -> dict[int, AgencyFacts]:
    """All that placing asks of these agencies (None: of every agency), by id, in nine selects however many they are."""
    wanted = select(Agency, Standing).outerjoin(Standing, Standing.agency_id == Agency.id).order_by(Agency.code)
    if agency_ids is not None:
        wanted = wanted.where(Agency.id.in_(agency_ids))
    agencies = [(agency, standing) for agency, standing in session.execute(wanted)]
    ids = [agency.id for agency, _ in agencies]
    contracts, held, lifted = _agreements(session, ids), _held(session, ids), _lifted(session, ids)
    staff = _staff(session, ids)
    conditions = open_conditions(session, ids)
    barred = _sanctioned(session, ids)
    return {
        agency.id: AgencyFacts(
            agency.id,
            agency.code,
            agency.name,
            agency.country,
            agency.status,
            agency.kind,
            _ramp(agency),
            agency.id not in barred and (standing is None or standing.may_receive),
            SANCTIONED if agency.id in barred else standing.reason if standing else "",
            tuple(contracts[agency.id]),
            held[agency.id],
            lifted[agency.id],
            frozenset(agency.practices.split()),
            tuple(staff[agency.id]),
            tuple(Outstanding(*one) for one in conditions.get(agency.id, ())),
        )
        for agency, standing in agencies
    }


def _ramp(agency: Agency) -> Ramp | None:
    if agency.status is not AgencyStatus.PROBATION or agency.ramp_accounts is None:
        return None
    return Ramp(agency.status_since.date(), agency.ramp_accounts, agency.ramp_monthly)


def _agreements(session: Session, ids: Sequence[int]) -> Mapping[int, list[Agreement]]:
    found: dict[int, list[Agreement]] = defaultdict(list)
    wanted = select(Contract).where(Contract.agency_id.in_(ids), Contract.state.in_(BINDING))
    demands = demands_of(session, ids)
    for one in session.scalars(wanted.order_by(Contract.valid_from, Contract.id)):
        found[one.agency_id].append(
            Agreement(
                one.id,
                one.number,
                one.valid_from,
                one.valid_until,
                frozenset(one.products.split()),
                frozenset(one.countries.split()),
                one.capacity_accounts,
                one.capacity_amount,
                one.term_days,
                one.acknowledge_days,
                one.concentration,
                one.min_share,
                tuple(Demand(demand.code, demand.least) for demand in demands.get(one.id, ())),
            )
        )
    return found


def demands_of(session: Session, agency_ids: Collection[int]) -> dict[int, list[ContractDemand]]:
    """What the contracts of these agencies demand, by contract."""
    found: dict[int, list[ContractDemand]] = defaultdict(list)
    wanted = select(ContractDemand).join(Contract, Contract.id == ContractDemand.contract_id)
    for one in session.scalars(wanted.where(Contract.agency_id.in_(agency_ids)).order_by(ContractDemand.id)):
        found[one.contract_id].append(one)
    return found


def _staff(session: Session, ids: Sequence[int]) -> Mapping[int, list[Staff]]:
    """The newest roster of each agency, and the verified papers of its collectors."""
    papers: dict[tuple[int, str], dict[tuple[str, str], tuple[tuple[date, date | None], ...]]] = defaultdict(dict)
    wanted = select(Credential).where(Credential.agency_id.in_(ids), Credential.collector_id.is_not(None))
    for one in session.scalars(wanted.where(Credential.state.in_(PROVEN)).order_by(Credential.id)):
        if one.valid_from is not None:
            of_person, key = papers[one.agency_id, str(one.collector_id)], (one.code, one.jurisdiction)
            of_person[key] = (*of_person.get(key, ()), (one.valid_from, first_day_without(one)))
    found: dict[int, list[Staff]] = defaultdict(list)
    roster = select(Collector).where(Collector.agency_id.in_(ids), Collector.replaced_at.is_(None))
    for row in session.scalars(roster.order_by(Collector.id)):
        known = papers.get((row.agency_id, row.collector_id), {})
        found[row.agency_id].append(
            Staff(
                row.collector_id,
                row.active_from,
                row.active_to,
                row.background_check_on,
                row.training_on,
                row.training_until,
                known,
            )
        )
    return found


def first_day_without(one: Credential) -> date | None:
    """The first day on which a verified credential is good no more; None while it has no end."""
    after = None if one.valid_until is None else one.valid_until + timedelta(days=1)
    return min((day for day in (after, one.ended_on) if day is not None), default=None)


def _held(session: Session, ids: Sequence[int]) -> Mapping[int, dict[tuple[str, str], tuple[Held, ...]]]:
    """The agencies' own credentials; those of single collectors are no matter of placing."""
    found: dict[int, dict[tuple[str, str], tuple[Held, ...]]] = defaultdict(dict)
    wanted = select(
        Credential.agency_id,
        Credential.code,
        Credential.jurisdiction,
        Credential.state,
        Credential.valid_from,
        Credential.valid_until,
        Credential.ended_on,
        Credential.amount,
    ).where(Credential.agency_id.in_(ids), Credential.collector_id.is_(None))
    for row in session.execute(wanted.order_by(Credential.id)):
        key, of_agency = (row.code, row.jurisdiction), found[row.agency_id]
        one = Held(row.state, row.valid_from, row.valid_until, row.ended_on, row.amount)
        of_agency[key] = (*of_agency.get(key, ()), one)
    return found


def _lifted(session: Session, ids: Sequence[int]) -> Mapping[int, dict[tuple[str, str], tuple[Lifted, ...]]]:
    found: dict[int, dict[tuple[str, str], tuple[Lifted, ...]]] = defaultdict(dict)
    wanted = select(Exemption).where(Exemption.agency_id.in_(ids), Exemption.approved_at.is_not(None))
    for one in session.scalars(wanted.order_by(Exemption.id)):
        key = (one.code, one.jurisdiction)
        of_agency = found[one.agency_id]
        of_agency[key] = (*of_agency.get(key, ()), Lifted(one.valid_from, one.valid_until))
    return found


def _sanctioned(session: Session, ids: Collection[int]) -> set[int]:
    """Those of the agencies that a person found on a sanctions list: whatever their status, nothing goes to them."""
    wanted = select(ScreeningHit.agency_id).where(ScreeningHit.agency_id.in_(ids), ScreeningHit.state == HitState.SAME)
    return set(session.scalars(wanted))


# -- credentials ---------------------------------------------------------------------------------------------------------


def good_on(day: date) -> ColumnElement[bool]:
    """The credentials that are good on a day: `agencies.credentials.is_live` as the database asks it."""
    return and_(
        Credential.state.in_(PROVEN),
        Credential.valid_from <= day,
        or_(Credential.valid_until.is_(None), Credential.valid_until >= day),
        or_(Credential.ended_on.is_(None), Credential.ended_on > day),
    )


def stopped_by(day: date) -> ColumnElement[bool]:
    """The verified credentials that their register stopped by a day, and of which a person has still to say so."""
    return and_(
        Credential.state == CredentialState.VERIFIED, Credential.ended_on.is_not(None), Credential.ended_on <= day
    )


def credentials_list(agency: Agency) -> Select[Credential]:
    """Everything an agency holds, was asked for or sent in."""
    return select(Credential).where(Credential.agency_id == agency.id)


def credential(session: Session, agency: Agency, ref: str) -> Credential:
    """One credential of an agency. Raises NotFound."""
    return _found(session.scalars(credentials_list(agency).where(Credential.ref == ref)).first())


def requested(session: Session, agency: Agency, code: str, jurisdiction: str) -> Credential | None:
    """The open request for a credential, if the bank asked for it."""
    wanted = credentials_list(agency).where(Credential.code == code, Credential.jurisdiction == jurisdiction)
    return session.scalars(wanted.where(Credential.state == CredentialState.REQUESTED)).first()


def same_number(
    session: Session, agency_id: int, code: str, jurisdiction: str, number: str, valid_from: date | None
) -> bool:
    """True if this very credential is here already and was not refused."""
    wanted = select(Credential.id).where(
        Credential.agency_id == agency_id,
        Credential.code == code,
        Credential.jurisdiction == jurisdiction,
        Credential.number == number,
        Credential.valid_from == valid_from,
        Credential.state != CredentialState.REFUSED,
    )
    return session.execute(wanted.limit(1)).first() is not None


def credential_keys(session: Session, agency_ids: Collection[int]) -> set[tuple[object, ...]]:
    """What these agencies hold, as (agency, type, place, number, first day)."""
    wanted = select(
        Credential.agency_id, Credential.code, Credential.jurisdiction, Credential.number, Credential.valid_from
    )
    return {tuple(row) for row in session.execute(wanted.where(Credential.agency_id.in_(agency_ids)))}


def evidence_of(session: Session, found: Credential) -> StoredFile | None:
    """The file that proves a credential, if there is one."""
    return session.get(StoredFile, found.evidence_id) if found.evidence_id is not None else None


def covered_otherwise(session: Session, found: Credential, day: date) -> bool:
    """True if another credential of the same kind and place is good on this day."""
    wanted = _same_kind(found).where(Credential.id != found.id, good_on(day))
    return session.execute(wanted.with_only_columns(Credential.id).limit(1)).first() is not None


def _same_kind(found: Credential) -> Select[Credential]:
    """The credentials of the same agency or collector, kind and place."""
    whose = (
        Credential.collector_id.is_(None)
        if found.collector_id is None
        else Credential.collector_id == found.collector_id
    )
    return select(Credential).where(
        Credential.agency_id == found.agency_id,
        Credential.code == found.code,
        Credential.jurisdiction == found.jurisdiction,
        whose,
    )


def older_of_same(session: Session, found: Credential) -> Sequence[Credential]:
    """The credentials of the same kind and place that run out before this one does."""
    wanted = _same_kind(found).where(Credential.id != found.id, Credential.valid_until.is_not(None))
    if found.valid_until is not None:
        wanted = wanted.where(Credential.valid_until < found.valid_until)
    return session.scalars(wanted).all()


def expiring(session: Session, *, by: date) -> Sequence[Credential]:
    """Verified credentials that run out by a day and that no later one continues, with their agencies, soonest first.

    Agencies that have left are let be.
    """
    later = aliased(Credential)
    continued = exists().where(
        later.agency_id == Credential.agency_id,
        later.code == Credential.code,
        later.jurisdiction == Credential.jurisdiction,
        func.coalesce(later.collector_id, "") == func.coalesce(Credential.collector_id, ""),
        later.state == CredentialState.VERIFIED,
        or_(later.valid_until.is_(None), later.valid_until > Credential.valid_until),
    )
    wanted = select(Credential).join(Credential.agency).options(joinedload(Credential.agency))
    wanted = wanted.where(Credential.state == CredentialState.VERIFIED, Credential.valid_until <= by, ~continued)
    return session.scalars(
        wanted.where(Agency.status.not_in(LEFT)).order_by(Credential.valid_until, Credential.id)
    ).all()


def expired(session: Session, *, day: date) -> Sequence[Credential]:
    """Credentials that still count as verified though their last day lies before this day."""
    wanted = select(Credential).where(Credential.state == CredentialState.VERIFIED, Credential.valid_until < day)
    return session.scalars(wanted.order_by(Credential.id)).all()


def to_look_at_again(session: Session, *, day: date) -> Sequence[Credential]:
    """Verified credentials whose next look is due by this day, with their agencies; those of agencies that have left are let be."""
    wanted = select(Credential).join(Credential.agency).options(joinedload(Credential.agency))
    wanted = wanted.where(Credential.state == CredentialState.VERIFIED, Credential.look_again_on <= day)
    return session.scalars(wanted.where(Agency.status.not_in(LEFT)).order_by(Credential.id)).all()


def checks_of(session: Session, found: Credential) -> Sequence[CredentialCheck]:
    """Every look at a credential, the newest first."""
    wanted = select(CredentialCheck).where(CredentialCheck.credential_id == found.id)
    return session.scalars(wanted.order_by(CredentialCheck.id.desc())).all()


def all_credentials(session: Session, agency: Agency) -> Sequence[Credential]:
    """Everything an agency and its collectors hold or held, by place and type."""
    wanted = credentials_list(agency).order_by(Credential.jurisdiction, Credential.code, Credential.id)
    return session.scalars(wanted).all()


def looks_of(session: Session, agency: Agency) -> Sequence[tuple[CredentialCheck, Credential]]:
    """Every look at any credential of an agency, with it, the newest first."""
    wanted = select(CredentialCheck, Credential).join(Credential, Credential.id == CredentialCheck.credential_id)
    rows = session.execute(wanted.where(Credential.agency_id == agency.id).order_by(CredentialCheck.id.desc()))
    return [(look, one) for look, one in rows]


def public_numbers(session: Session, agency_ids: Collection[int], day: date) -> dict[int, list[Credential]]:
    """The licences and registrations of these agencies that are good on this day and may be published: the bank's own listings are not."""
    found: dict[int, list[Credential]] = defaultdict(list)
    wanted = select(Credential).where(
        Credential.agency_id.in_(agency_ids), good_on(day), Credential.collector_id.is_(None), Credential.code.in_(PUBLISHED),
        Credential.number != "",
    )  # fmt: skip
    for one in session.scalars(wanted.order_by(Credential.jurisdiction, Credential.code)):
        found[one.agency_id].append(one)
    return found


def exemptions_of(session: Session, agency: Agency) -> Sequence[Exemption]:
    """What an agency need not hold, newest first."""
    return session.scalars(
        select(Exemption).where(Exemption.agency_id == agency.id).order_by(Exemption.id.desc())
    ).all()


def exemption(session: Session, agency: Agency, exemption_id: int) -> Exemption:
    """One exemption of an agency. Raises NotFound."""
    wanted = select(Exemption).where(Exemption.agency_id == agency.id, Exemption.id == exemption_id)
    return _found(session.scalars(wanted).first())


# -- contracts -----------------------------------------------------------------------------------------------------------


def contracts_of(session: Session, agency: Agency) -> Sequence[Contract]:
    """An agency's contracts, the one that begins last first."""
    wanted = select(Contract).where(Contract.agency_id == agency.id)
    return session.scalars(wanted.order_by(Contract.valid_from.desc(), Contract.id.desc())).all()


def contract(session: Session, agency: Agency, contract_id: int) -> Contract:
    """One contract of an agency. Raises NotFound."""
    wanted = select(Contract).where(Contract.agency_id == agency.id, Contract.id == contract_id)
    return _found(session.scalars(wanted).first())


def binding_contracts(session: Session, agency_id: int) -> Sequence[Contract]:
    """The contracts of an agency that bind or bound somebody."""
    wanted = select(Contract).where(Contract.agency_id == agency_id, Contract.state.in_(BINDING))
    return session.scalars(wanted.order_by(Contract.id)).all()


def contract_keys(session: Session, agency_ids: Collection[int]) -> set[tuple[object, ...]]:
    """The contracts of these agencies, as (agency, number)."""
    wanted = select(Contract.agency_id, Contract.number).where(Contract.agency_id.in_(agency_ids))
    return {tuple(row) for row in session.execute(wanted)}


def terms_of(session: Session, contract_ids: Iterable[int]) -> dict[int, list[FeeTerm]]:
    """The clauses of these contracts, by contract, in the order of their numbers."""
    found: dict[int, list[FeeTerm]] = defaultdict(list)
    for term in session.scalars(
        select(FeeTerm).where(FeeTerm.contract_id.in_(list(contract_ids))).order_by(FeeTerm.id)
    ):
        found[term.contract_id].append(term)
    return found


# -- collectors ----------------------------------------------------------------------------------------------------------


def collectors_list(agency: Agency) -> Select[Collector]:
    """An agency's collectors as the newest rows say."""
    return select(Collector).where(Collector.agency_id == agency.id, Collector.replaced_at.is_(None))


def roster(session: Session, agency: Agency) -> Sequence[Collector]:
    """An agency's collectors as the newest rows say, by their ids."""
    return session.scalars(collectors_list(agency).order_by(Collector.collector_id)).all()


def collectors_on(session: Session, agency: Agency, at: datetime) -> Sequence[Collector]:
    """The roster as it stood at an instant: of every id the newest row that was known then."""
    wanted = select(Collector).where(Collector.agency_id == agency.id, Collector.created_at <= at)
    wanted = wanted.where(or_(Collector.replaced_at.is_(None), Collector.replaced_at > at))
    return session.scalars(wanted.order_by(Collector.collector_id)).all()


def collector(session: Session, agency: Agency, collector_id: str) -> Collector:
    """One collector as the newest row says. Raises NotFound."""
    return _found(newest_collectors(session, agency.id, [collector_id]).get(collector_id))


def login_of(session: Session, agency: Agency, collector_id: str) -> User | None:
    """The portal account that is linked to a collector, if there is one."""
    linked = CollectorLogin.agency_id == agency.id, CollectorLogin.collector_id == collector_id
    return session.scalars(select(User).join(CollectorLogin, CollectorLogin.user_id == User.id).where(*linked)).first()


def people_of(session: Session, agency: Agency) -> Sequence[User]:
    """The people of an agency who have a portal account that is open."""
    return session.scalars(select(User).where(User.agency_id == agency.id, User.active).order_by(User.email)).all()


def logins_of_leavers(session: Session, *, day: date, agency_id: int | None) -> Sequence[tuple[CollectorLogin, User]]:
    """Open portal accounts of collectors whose last day lies before this day."""
    wanted = (
        select(CollectorLogin, User)
        .join(User, User.id == CollectorLogin.user_id)
        .join(
            Collector,
            and_(
                Collector.agency_id == CollectorLogin.agency_id, Collector.collector_id == CollectorLogin.collector_id
            ),
        )
        .where(User.active, Collector.replaced_at.is_(None), Collector.active_to < day)
    )
    if agency_id is not None:
        wanted = wanted.where(CollectorLogin.agency_id == agency_id)
    return [(login, user) for login, user in session.execute(wanted.order_by(CollectorLogin.id))]


def newest_collectors(session: Session, agency_id: int, ids: Collection[str]) -> dict[str, Collector]:
    """The newest row of each of these collectors."""
    found: dict[str, Collector] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), IN_MOST):
        part = wanted[start : start + IN_MOST]
        rows = select(Collector).where(
            Collector.agency_id == agency_id, Collector.replaced_at.is_(None), Collector.collector_id.in_(part)
        )
        found.update({row.collector_id: row for row in session.scalars(rows)})
    return found


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row
