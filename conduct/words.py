"""The words people read for the codes of this floor, as msgids: why a row is in breach, kinds of rules, events, parties.

The engine says why with a code and figures (`Finding.why`); `sentence` makes of it a msgid and its parameters, so that a page
can say it in any language. A test sees to it that every code of the kinds has a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from conduct.rulebook import Rule, standard
from portal.errors import N_

_NAMED = re.compile(r"%\((\w+)\)s")

SENTENCES: Final[Mapping[str, str]] = {
    # clocks
    "outside_window": N_("It was %(local_time)s where the person lives (%(zone)s); contact is allowed from %(open)s to %(close)s."),
    "closed_all_day": N_("It was %(date)s where the person lives (%(zone)s), a day on which no contact is allowed."),
    "zone_unknown": N_("Nobody knows which time zone the person is in, so the local time cannot be told."),
    "state_holiday": N_("%(date)s is a public holiday where the person lives."),
    "ran_past_closing": N_("The call began at %(local_time)s and was still running, after %(duration_s)s seconds, when contact was no longer allowed."),
    # counts and pauses
    "over_the_cap": N_("This is contact number %(counted)s within %(window_days)s days; at most %(max)s are allowed."),
    "over_the_cap_of_a_calendar": N_("This is contact number %(counted)s %(window)s; at most %(max)s are allowed."),
    "inside_the_pause": N_("On %(since)s something happened that forbids this for %(days)s days, that day included."),
    "asked_again": N_("This third person has been approached %(contacts)s times; %(max)s is the most."),
    # bans
    "forbidden_since_event": N_("Since %(since)s this is forbidden: %(event)s."),
    "forbidden_since_fact": N_("Since %(since)s this is forbidden: %(fact)s."),
    "forbidden_fact": N_("%(fact)s is dated %(date)s, after the day from which it was forbidden, %(since)s."),
    "late_release": N_("What was due by %(due_on)s was done on %(done_on)s."),
    "never_released": N_("What was due by %(due_on)s has not been done."),
    "complaint_open": N_("A complaint about this account is open."),
    "follow_up_missing": N_("%(fact)s was due by %(due_on)s and is missing."),
    "charged_in_moratorium": N_("Something was charged on %(date)s, inside the breathing space."),
    "inside_moratorium": N_("The account is inside a breathing space."),
    "against_preference": N_("The person asked for something else: %(aspect)s."),
    "forbidden_act": N_("The row itself says that something forbidden was done."),
    "flagged": N_("The row carries a mark that somebody must look at: %(flags)s."),
    "vulnerable": N_("The person is known to be vulnerable."),
    "not_entrusted": N_("%(acting)s neither holds the account nor is approved to act for its holder."),
    "forbidden_payment": N_("The payment went where it must not go."),
    "handled_by_the_accused": N_("The complaint was handled by the person it is about: %(handler)s."),
    # people
    "disclosed": N_("The debt was disclosed to %(party)s."),
    "disclosure_unknown": N_("%(party)s was reached, and nobody says whether the debt was disclosed."),
    "asked_to_pay": N_("%(party)s was asked to pay."),
    "purpose_unknown": N_("Nobody says what the contact with %(party)s was for."),
    "no_reason_to_approach": N_("There was no good reason to approach %(party)s."),
    "reason_unknown": N_("Nobody says why %(party)s was approached."),
    "contacted_after_death": N_("The person had died, and %(party)s does not stand for the estate."),
    "guarantee_not_shown": N_("A guarantor was asked to pay, and no guarantee is on record."),
    "envelope_not_private": N_("The letter is not marked private."),
    "debtor_not_lost": N_("Only %(failed)s attempts to reach the person had failed; %(needed)s are needed first."),
    # credentials
    "credential_missing": N_("No live credential on %(date)s: %(codes)s %(place)s"),
    "credential_unclear": N_("The credential's status or first day is not known: %(codes)s %(place)s"),
    "credentials_unknown": N_("Nothing is known of the agency's credentials."),
    "credential_too_old": N_("The document was too old on %(date)s: %(codes)s"),
    "credential_too_late": N_("The document is younger than the work it should precede: %(codes)s"),
    "asked_conditionally": N_("%(place)s asks for a licence under a condition; neither a licence nor an exemption is recorded."),
    "place_unknown": N_("Where the person lives is not known well enough to say which licence is needed: %(place)s."),
    "amount_too_small": N_("The bond is smaller than what is asked for: %(codes)s %(place)s"),
    "amount_depends_on_volume": N_("Whether the bond is large enough depends on the agency's volume: %(place)s."),
    "collector_unknown": N_("Nobody says which collector acted, or no roster is on file."),
    "collector_not_on_roster": N_("The collector is not on the agency's roster."),
    "number_unknown": N_("The agency's number is not known."),
    "number_malformed": N_("The number %(number)s does not have the right form."),
    "check_character_wrong": N_("The check character of %(number)s is wrong."),
    # fields and papers
    "field_wrong": N_("The row says the contrary of what is asked for: %(field)s."),
    "field_unknown": N_("The row does not say what is asked for: %(field)s."),
    "document_undated": N_("The date of the document is not known: %(codes)s"),
    "no_consent": N_("No consent is on record: %(field)s."),
    "elements_missing": N_("The paper lacks: %(elements)s."),
    "elements_besides": N_("The paper holds what must not be in it: %(elements)s."),
    "elements_unknown": N_("Nobody says what the paper holds."),
    "conditions_unmet": N_("These conditions were not met: %(elements)s."),
    "conditions_unknown": N_("Nobody says whether these conditions were met: %(elements)s."),
    "not_in_the_notice": N_("The notice lacks: %(field)s."),
    "sum_wrong": N_("The notice states %(stated)s; its figures make %(expected)s."),
    "period_short": N_("The period ends on %(stated)s; it must not end before %(earliest)s."),
    "period_unknown": N_("Nobody says when the stated period ends."),
    "too_small": N_("%(field)s is smaller than %(least)s."),
    "letter_missing": N_("The letter that belongs to an answer of %(done_on)s is missing."),
    "language_unknown": N_("The person was spoken with, and no language is on record."),
    # order and deadlines
    "nothing_before": N_("Something must come first, and nothing of it is on record."),
    "too_soon_after": N_("What must come first came too short a time before."),
    "fact_missing": N_("What must stand before the first placement is missing: %(fact)s."),
    "late": N_("Due by %(due_on)s, done on %(done_on)s."),
    "overdue": N_("Due by %(due_on)s, and not done."),
    "due_soon": N_("Due by %(due_on)s, in %(days_left)s days."),
    "date_moved": N_("The date was moved back: %(field)s."),
    "deleted_early": N_("Deleted although it must be kept until %(keep_until)s."),
    "done_late": N_("%(duty)s was due by %(due_on)s and came later."),
    "never_done": N_("%(duty)s has never been done."),
    "not_done_before_contract_end": N_("%(duty)s was not done before the contract ended on %(due_on)s."),
    "start_unknown": N_("Nobody knows since when %(duty)s is due."),
    "renewal_late": N_("The renewal was not applied for by %(due_on)s."),
    "incident_told_late": N_("The incident was told too late."),
    "not_contacted_in_time": N_("The person was not contacted by %(due_on)s."),
    "deposited_early": N_("The instrument dated %(dated)s was deposited on %(date)s."),
    "deposited_without_notice": N_("The instrument was deposited on %(date)s without notice."),
    "notice_not_in_time": N_("Notice of the deposit was given on %(date)s, %(business_days)s business days ahead."),
    # courts and money
    "reference_unknown": N_("The date from which the period runs is not known."),
    "not_after": N_("The step was taken on %(date)s; it may be taken after %(limit)s."),
    "not_on_or_before": N_("The step was taken on %(date)s; the last day for it was %(limit)s."),
    "too_soon_after_refusal": N_("The step came too soon after an offer was refused."),
    "objected_in_time": N_("The order was objected to in time."),
    "order_lapsed": N_("The order had lapsed on %(limit)s."),
    "wrong_court": N_("This is not the court for it: %(court)s."),
    "step_not_taken": N_("The row claims a step that is not on record: %(step)s."),
    "amount_below": N_("%(amount)s was agreed; %(limit)s is the least."),
    "amount_exceeded": N_("%(amount)s was asked for; %(limit)s is the most."),
    "limit_unknown": N_("%(amount)s was asked for, and the most that is allowed is not known."),
    "fee_without_ground": N_("A fee of %(amount)s was charged without a ground."),
    # questions
    "asked": N_("A person must answer: %(ask)s"),
}  # fmt: skip

# Reasons that are said in another way where a figure is not there: the figure, and the other sentence.
_REFINED: Final[Mapping[str, tuple[str, str]]] = {
    "outside_window": ("open", "closed_all_day"),
    "over_the_cap": ("window_days", "over_the_cap_of_a_calendar"),
    "field_unknown": ("field", "document_undated"),
}

OTHERWISE: Final = N_("The rule is not kept.")

WINDOWS: Final[Mapping[str, str]] = {
    "calendar_day": N_("on one day"),
    "calendar_week": N_("in one week"),
    "calendar_month": N_("in one month"),
    "week_both": N_("in seven days"),
}

EVENTS: Final[Mapping[str, str]] = {
    "dispute": N_("the debt was disputed"),
    "cease_request": N_("the person asked for contact to stop"),
    "opt_out": N_("the person opted out"),
    "attorney_notice": N_("the person has a lawyer"),
    "hardship": N_("the person reported hardship"),
    "bankruptcy_notice": N_("the person is bankrupt"),
    "deceased_notice": N_("the person has died"),
    "identity_theft": N_("the person reported identity theft"),
    "military_service": N_("the person is in military service"),
    "moratorium": N_("a moratorium holds"),
    "consent": N_("consent was given or taken back"),
    "preference": N_("the person said how to be contacted"),
    "call": N_("what was said in an earlier call"),
    "recalled_at": N_("the account was recalled"),
    "account.recalled_at": N_("the account was recalled"),
}

PARTIES: Final[Mapping[str, str]] = {
    "consumer": N_("the person"),
    "spouse": N_("the spouse"),
    "co_debtor": N_("a co-debtor"),
    "guarantor": N_("a guarantor"),
    "attorney": N_("the lawyer"),
    "executor": N_("the executor"),
    "representative": N_("a representative"),
    "relative": N_("a relative"),
    "employer": N_("the employer"),
    "neighbour": N_("a neighbour"),
    "emergency_contact": N_("an emergency contact"),
    "creditor": N_("the creditor"),
    "other": N_("somebody else"),
}

ASPECTS: Final[Mapping[str, str]] = {
    "media": N_("not through this medium"),
    "time": N_("not at this time"),
    "place": N_("not at this place"),
}

RULE_KINDS: Final[Mapping[str, str]] = {
    "amount_limit": N_("Limit of an amount"),
    "cooldown_after": N_("Pause after an event"),
    "credential_required": N_("Credential required"),
    "deadline_after_event": N_("Deadline after an event"),
    "document_content": N_("Content of a paper"),
    "forbidden_act": N_("Forbidden act"),
    "forbidden_after_event": N_("Forbidden after an event"),
    "forbidden_party": N_("Who may be contacted or told"),
    "frequency_cap": N_("Cap on the number of contacts"),
    "legal_timing": N_("Timing of a legal step"),
    "manual_review": N_("Question for a person"),
    "modifier": N_("Changes other rules"),
    "periodic_duty": N_("Recurring duty"),
    "required_before": N_("Required before something else"),
    "required_field": N_("Must be reported"),
    "retention": N_("Keeping of records"),
    "time_window": N_("Hours of contact"),
}

KIND_MEANINGS: Final[Mapping[str, str]] = {
    "amount_limit": N_("An amount must not exceed a limit, which is a number or another field. The limit itself is allowed."),
    "cooldown_after": N_("After a trigger no blocked row for so many local days; the trigger's own day is the first. Every new trigger starts the count again."),
    "credential_required": N_("On the local day of every outbound row a verified credential must be live for the place where the person lives. A later renewal cures no gap."),
    "deadline_after_event": N_("Something must follow an event within a number of days or hours. The day of the event is not counted."),
    "document_content": N_("A paper must hold every element that is listed."),
    "forbidden_act": N_("A row that matches is in breach, unless something lifts it."),
    "forbidden_after_event": N_("From an event until its release, rows of the blocked kinds are in breach."),
    "forbidden_party": N_("Who may be contacted, asked to pay or told of the debt. Where it is not said whether the debt was disclosed, a person must look."),
    "frequency_cap": N_("No more than so many rows in a window, counted for a unit over all agencies and the bank. Every row beyond is in breach."),
    "legal_timing": N_("A legal step must lie before or after a date that is counted from another."),
    "manual_review": N_("No machine can tell: a person answers a question."),
    "modifier": N_("Changes how other rules work; it is never broken itself."),
    "periodic_duty": N_("A duty falls due again and again, counted in months."),
    "required_before": N_("Something must have happened, long enough ago, before rows of certain kinds."),
    "required_field": N_("A row must say something. The contrary is a breach; saying nothing is a question or a breach, as the rule has it."),
    "retention": N_("A record must be kept for so many years."),
    "time_window": N_("Contact is allowed only inside a window of the local clock, in every zone the person may be in."),
}  # fmt: skip

STATUSES: Final[Mapping[str, str]] = {
    "on": N_("In force here"),
    "review": N_("In force, a person looks at every finding"),
    "off": N_("Switched off"),
}

CONFIRMED: Final[Mapping[str, str]] = {
    "yes": N_("The text was read and confirmed"),
    "partly": N_("Partly confirmed"),
    "no": N_("Not confirmed yet"),
}

VERDICTS: Final[Mapping[str, str]] = {
    "violation": N_("Violation"),
    "review": N_("To be looked at"),
}

CATEGORIES: Final[Mapping[str, str]] = {
    "conduct": N_("Conduct"),
    "threats": N_("Threats"),
    "frequency": N_("Too frequent contact"),
    "hours": N_("Hours of contact"),
    "third_party": N_("Third persons told"),
    "amount": N_("Amount"),
    "not_mine": N_("Not my debt"),
    "paid": N_("Paid already"),
    "privacy": N_("Privacy"),
    "identity": N_("Identity theft"),
    "credit_report": N_("Credit report"),
    "service": N_("Service"),
    "other": N_("Other"),
}

OUTCOMES: Final[Mapping[str, str]] = {
    "upheld": N_("Upheld"),
    "partly_upheld": N_("Partly upheld"),
    "rejected": N_("Rejected"),
}

_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "window": WINDOWS, "event": EVENTS, "fact": EVENTS, "party": PARTIES, "aspect": ASPECTS,
}  # fmt: skip


def sentence(why: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Why a row is in breach: a msgid and its parameters, of which texts are msgids themselves."""
    reason = str(why.get("reason", ""))
    if reason in _REFINED and not why.get(_REFINED[reason][0]):
        reason = _REFINED[reason][1]
    text = SENTENCES.get(reason, OTHERWISE)
    return text, {name: _written(name, why.get(name, "")) for name in _NAMED.findall(text)}


def title(rule: Rule, language: str) -> str:
    """What a rule is called in the reader's language."""
    return rule.title_zh if language.startswith("zh") else rule.title


SENSES: Final[Mapping[str, str]] = {"by": N_("by this day"), "after": N_("not before the day after")}


def title_of(rule_id: str, language: str) -> str:
    """What the newest version of a rule is called; its id where the book no longer knows it."""
    versions = standard().versions(rule_id)
    return title(versions[-1], language) if versions else rule_id


def _written(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return _TABLES.get(name, {}).get(str(value), value)
