"""Forms of due diligence: shape only; what needs the database or the rules is decided by the acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as say
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, DecimalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.validators import Optional as Voluntary

from agencies.diligence.applying import Company, Told
from agencies.diligence.conditions import OWNERS, Terms
from agencies.diligence.models import Answer, AnswerState, DisclosureKind, Profile
from agencies.diligence.questionnaires import Question
from agencies.diligence.scheme import scheme
from agencies.diligence.words import DETAILS
from agencies.forms import HUNDRED, AgencyForm, _line, _whole
from portal.files import StoredFile
from portal.forms import CheckboxesField
from portal.people import Role
from portal.tables.iso_codes import COUNTRIES
from portal.words_states import role_name

DOCUMENT_HELP = _("PDF, PNG or JPEG, at most 20 MB.")


def _countries() -> list[SelectChoice]:
    names = get_locale().territories
    return sorted(
        (SelectChoice(code, names.get(code, code)) for code in COUNTRIES), key=lambda choice: str(choice.label)
    )


def _files(on_file: Iterable[StoredFile]) -> list[SelectChoice]:
    none = SelectChoice("", say("None of these"))
    return [none, *(SelectChoice(str(one.id), f"{one.name} · {one.created_at:%Y-%m-%d}") for one in on_file)]


class ApplyForm(AgencyForm):
    """An agency that nobody invited."""

    contact = _line(
        _("Your name"), _("Enter your name."), description=_("You get a link by mail and fill in the rest.")
    )


class InviteForm(FlaskForm):
    """Who at the agency shall fill in the application."""

    email = _line(_("E-mail"), _("Enter an e-mail address."), 254)
    contact = _line(_("Name"), _("Enter a name."))


class ProfileForm(FlaskForm):
    """What an agency says of its company, and the facts from which its risk is rated."""

    registration_number = _line(_("Number in the company register"), _("Enter the number."), 100)
    founded_on = DateField(_("Founded on"), [InputRequired(_("Enter the day."))])
    address = TextAreaField(
        _("Address"), [InputRequired(_("Enter the address.")), Length(max=1000)], render_kw={"rows": 2}
    )
    website = _line(_("Website"))
    employees = _whole(_("Employees"), 0, 1_000_000)

    def offer(self, language: str) -> None:
        """Offer the options of every factor in the reader's language."""
        for factor in scheme().factors:
            field = self[factor.code]
            field.label.text = factor.label(language)
            options = [SelectChoice(one.code, one.label(language)) for one in factor.options]
            field.choices = options if factor.several else [SelectChoice("", say("Choose …")), *options]

    @classmethod
    def of(cls, profile: Profile | None) -> ProfileForm:
        """The form with what is known already."""
        if profile is None:
            return cls()
        several = {factor.code for factor in scheme().factors if factor.several}
        told = {code: list(value) if code in several else next(iter(value), "") for code, value in profile.risk.items()}
        return cls(obj=profile, data=told)

    def company(self) -> Company:
        """What was written, for the act."""
        risk = {factor.code: _chosen(self[factor.code].data) for factor in scheme().factors}
        return Company(
            self.registration_number.data,
            self.founded_on.data,
            self.address.data,
            self.employees.data,
            risk,
            self.website.data or "",
        )


def _chosen(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if one]


for _factor in scheme().factors:
    _asked = [InputRequired(_("Choose one of the options."))]
    setattr(ProfileForm, _factor.code, (CheckboxesField if _factor.several else SelectField)(_factor.name, _asked))


class DisclosureForm(FlaskForm):
    """One thing that an agency discloses. What a kind does not have is taken out."""

    name = _line(_("Name"), _("Enter the name."))
    country = SelectField(_("Country"))
    detail = _line("", _("Write it."), 500)
    share = DecimalField(
        _("Share in the company, percent"), [Voluntary(), NumberRange(Decimal(0), Decimal(100))], places=2
    )
    since = DateField(_("Since"), [Voluntary()])
    number = _line(_("Account number"), _("Write the account number."), 60, description=_("Kept sealed, shown masked."))
    evidence = FileField(_("Document"), description=DOCUMENT_HELP)

    def offer(self, kind: DisclosureKind) -> None:
        """Offer what this kind has."""
        self.country.choices = _countries()
        self.detail.label.text = say(DETAILS[kind])
        if kind is not DisclosureKind.PRINCIPAL:
            del self.share
        if kind is not DisclosureKind.BANK_ACCOUNT:
            del self.number

    def told(self, kind: DisclosureKind) -> Told:
        """What was written, for the act."""
        share = self.share.data / HUNDRED if "share" in self and self.share.data is not None else None
        number = self.number.data if "number" in self else ""
        return Told(kind, self.name.data, self.country.data, self.detail.data, share, self.since.data, number)


@dataclass(frozen=True)
class Asked:
    """One question on the page of its section: its fields (none: it is not to be answered now), and what stands there."""

    question: Question
    text: str
    fields: Mapping[str, Any] | None
    answer: Answer | None


def section_form(
    questions: Sequence[Question], given: Mapping[str, Answer], on_file: Sequence[StoredFile]
) -> FlaskForm:
    """The form of these questions, each with value, note and evidence, filled in with what was answered."""

    class SectionForm(FlaskForm):
        """Made for these questions."""

    for question in questions:
        name, answer = field_name(question.code), given.get(question.code)
        setattr(SectionForm, f"{name}_value", _value_field(question, answer))
        setattr(
            SectionForm,
            f"{name}_note",
            StringField(_("Note"), [Length(max=2000)], default=answer.note if answer else ""),
        )
        setattr(SectionForm, f"{name}_file", FileField(_("Document"), description=DOCUMENT_HELP))
        if on_file:
            choices = _files(on_file)
            setattr(SectionForm, f"{name}_on_file", SelectField(_("Or one on file"), [Voluntary()], choices=choices))
    return SectionForm()


def field_name(code: str) -> str:
    """The name of a question's fields."""
    return code.replace(".", "_")


def _value_field(question: Question, answer: Answer | None) -> Any:
    value = answer.value if answer else None
    if question.kind == "yes_no":
        choices = [SelectChoice("yes", say("Yes")), SelectChoice("no", say("No"))]
        return RadioField(_("Answer"), choices=choices, default=value, validate_choice=False)
    if question.kind == "number":
        return StringField(_("Answer"), [Length(max=20)], default=value, render_kw={"inputmode": "numeric"})
    return TextAreaField(_("Answer"), [Length(max=4000)], default=value, render_kw={"rows": 3})


class JudgeForm(FlaskForm):
    """A reviewer's word on an answer."""

    question = StringField()
    verdict = SelectField(choices=[SelectChoice(state.value) for state in AnswerState], validate_choice=True)
    why = TextAreaField(_("Reason"))
    due_on = DateField(_("By"), [Voluntary()])


class ConditionForm(FlaskForm):
    """A condition of an approval."""

    text = TextAreaField(_("Condition"), [InputRequired(_("Write the condition.")), Length(max=2000)])
    owner = SelectField(_("Who has to meet it"))
    due_on = DateField(_("By"), [InputRequired(_("Enter the day."))])
    cap_accounts = _whole(
        _("Most accounts until it is met"), voluntary=True, description=_("Empty: no cap. Placing obeys it at once.")
    )
    question = SelectField(_("Lets a declined answer pass"), [Voluntary()])

    def offer(self, declined: Sequence[tuple[str, str]]) -> None:
        """Offer the owners, and the answers that were declined as (code, question)."""
        self.owner.choices = [SelectChoice(role.value, str(role_name(role))) for role in OWNERS]
        self.question.choices = [SelectChoice("", say("None of these")), *(SelectChoice(*one) for one in declined)]

    def terms(self) -> Terms:
        """What was written, for the act."""
        return Terms(
            self.text.data, Role(self.owner.data), self.due_on.data, self.cap_accounts.data, self.question.data or None
        )


class VisitForm(FlaskForm):
    """A visit to come."""

    site = _line(_("Site"), _("Enter the site."))
    planned_on = DateField(_("Planned for"), [InputRequired(_("Enter the day."))])


class VisitReportForm(FlaskForm):
    """What a visit found."""

    visited_on = DateField(_("Visited on"), [InputRequired(_("Enter the day."))])
    findings = TextAreaField(_("What was found"), [InputRequired(_("Write what was found.")), Length(max=8000)])
    passed = BooleanField(_("The visit was passed"))
    evidence = FileField(_("Report"), description=DOCUMENT_HELP)


class NoteForm(FlaskForm):
    """A word to a decision, and perhaps a document."""

    note = TextAreaField(_("Note"))
    outcome = StringField()
    evidence = FileField(_("Document"))
