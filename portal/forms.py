"""Forms of the foundation's pages: shape only; what needs the database is decided by the acts."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)  # fmt: skip
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length, NumberRange
from wtforms.validators import Optional as Voluntary
from wtforms.widgets import CheckboxInput, ListWidget

from portal.errors import Invalid
from portal.keys import LONGEST
from portal.languages import LANGUAGES
from portal.people import Role
from portal.webhooks.models import EVENTS
from portal.words_states import role_name

LONGEST_PASSWORD = 1024  # what is taken in at all; portal/passwords says what is accepted


def give_errors(form: FlaskForm, error: Invalid) -> None:
    """Put what an act refused beside the fields it is about, or above the form."""
    for name, message in error.fields.items():
        field = form._fields.get(name)
        if field is not None:
            field.errors = [*field.errors, gettext(message)]
    if not any(name in form._fields for name in error.fields):
        form.form_errors.append(gettext(error.message, **error.params))


class CheckboxesField(SelectMultipleField):
    """Several of a few, each with a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SignInForm(FlaskForm):
    """E-mail and password."""

    email = StringField(
        _("E-mail"), [InputRequired(_("Enter your e-mail address.")), Length(max=254)],
        render_kw={"type": "email", "autocomplete": "username", "autofocus": True},
    )  # fmt: skip
    password = PasswordField(
        _("Password"), [InputRequired(_("Enter your password.")), Length(max=LONGEST_PASSWORD)],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip


class CodeForm(FlaskForm):
    """The six digits of the second factor."""

    code = StringField(
        _("Code"), [InputRequired(_("Enter the six digits that your authenticator app shows.")), Length(max=20)],
        description=_("Six digits from your authenticator app."),
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True},
    )  # fmt: skip


class _NewPassword(FlaskForm):
    """A new password, twice."""

    password = PasswordField(
        _("New password"), [InputRequired(_("Choose a password.")), Length(max=LONGEST_PASSWORD)],
        description=_("12 to 128 characters. Four random words are easy to remember and hard to guess."),
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip
    again = PasswordField(
        _("New password again"),
        [EqualTo("password", _("Type the same password again."))],
        render_kw={"autocomplete": "new-password"},
    )


class InvitationForm(_NewPassword):
    """What somebody invited tells: their name, a password, and a code that proves the authenticator app works."""

    name = StringField(
        _("Your name"), [InputRequired(_("Enter your name.")), Length(max=100)], render_kw={"autocomplete": "name"}
    )
    code = StringField(
        _("Code"), [Voluntary(), Length(max=20)], description=_("Six digits from your authenticator app."),
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )  # fmt: skip


class PasswordForm(_NewPassword):
    """One's present password and a new one."""

    present = PasswordField(
        _("Present password"), [InputRequired(_("Enter your present password.")), Length(max=LONGEST_PASSWORD)],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip


class LanguageForm(FlaskForm):
    """The language of pages and mail."""

    language = RadioField(_("Language"), choices=[SelectChoice(language.code, language.name) for language in LANGUAGES])


class InviteForm(FlaskForm):
    """Whom to invite, as what."""

    email = StringField(
        _("E-mail"),
        [InputRequired(_("Enter the e-mail address.")), Length(max=254)],
        render_kw={"type": "email", "autocomplete": "off"},
    )
    name = StringField(_("Name"), [Length(max=100)], render_kw={"autocomplete": "off"})
    role = SelectField(_("Role"), choices=[SelectChoice(role.value, role_name(role.value)) for role in Role])
    agency = StringField(
        _("Agency"),
        [Length(max=40)],
        description=_("The agency's code, for the roles of an agency."),
        render_kw={"autocomplete": "off"},
    )
    language = SelectField(
        _("Language"), choices=[SelectChoice(language.code, language.name) for language in LANGUAGES]
    )


class RoleForm(FlaskForm):
    """Another role on the same side."""

    role = SelectField(_("Role"))

    def offer(self, present: Role) -> None:
        """Offer the roles of the side that the person is on."""
        self.role.choices = [
            SelectChoice(role.value, role_name(role.value)) for role in Role if role.of_agency == present.of_agency
        ]


class KeyForm(FlaskForm):
    """A new API key."""

    name = StringField(
        _("Name"),
        [InputRequired(_("Say what the key is for.")), Length(max=100)],
        description=_("What uses it, such as Dialler."),
    )
    scopes = CheckboxesField(_("Scopes"), [InputRequired(_("Choose at least one scope."))])
    days = IntegerField(
        _("Days it lives"), [NumberRange(1, LONGEST.days, _("Write a number from 1 to 365."))], default=LONGEST.days,
        render_kw={"inputmode": "numeric"},
    )  # fmt: skip

    def offer(self, scopes: Iterable[str]) -> None:
        """Offer the scopes that the owner's keys may have."""
        self.scopes.choices = [SelectChoice(scope) for scope in scopes]


class AnyKeyForm(KeyForm):
    """A new API key for a person of the bank or for an agency."""

    owner = StringField(
        _("Owner"), [InputRequired(_("Enter an e-mail address or an agency's code.")), Length(max=254)],
        description=_("The e-mail address of a person of the bank, or an agency's code."), render_kw={"autocomplete": "off"},
    )  # fmt: skip


class WebhookForm(FlaskForm):
    """Where to be told, and of what."""

    url = StringField(
        _("Address"), [InputRequired(_("Enter an address that begins with https://")), Length(max=1000)],
        description=_("https, on the public internet."), render_kw={"type": "url", "autocomplete": "off"},
    )  # fmt: skip
    events = CheckboxesField(
        _("Events"),
        [InputRequired(_("Choose at least one of the events."))],
        choices=[SelectChoice(event) for event in EVENTS],
    )


class TestEventForm(FlaskForm):
    """Which test event to send."""

    event = SelectField(_("Event"), choices=[SelectChoice(event) for event in EVENTS])
