"""Forms of the gallery: one field of every kind, some with errors."""

from __future__ import annotations

from collections.abc import Callable

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

Say = Callable[[str, str], str]


class SignInForm(FlaskForm):
    """E-mail and password."""

    email = StringField("E-mail", [InputRequired()], render_kw={"type": "email", "autocomplete": "username"})
    password = PasswordField("Password", [InputRequired()], render_kw={"autocomplete": "current-password"})


class AgencyForm(FlaskForm):
    """An agency's contract, as a form with every kind of field."""

    legal_name = StringField("Legal name", [InputRequired()])
    licence_number = StringField("Licence number", [InputRequired()], description="As printed on the certificate.")
    place = SelectField("Place", choices=[SelectChoice("US-NY", "New York"), SelectChoice("US-CA", "California")])
    mode = RadioField(
        "Fee mode",
        choices=[SelectChoice("rate", "Rate of what is recovered"), SelectChoice("fixed", "Fixed amount a case")],
    )
    cap = DecimalField("Largest amount placed", [InputRequired()])
    valid_until = DateField("Valid until")
    certificate = FileField("Certificate")
    note = TextAreaField("Note to the reviewer")
    field_visits = BooleanField("Visits consumers at home")

    @classmethod
    def with_errors(cls, say: Say) -> AgencyForm:
        """The form as it comes back when two fields have to be mended."""
        form = cls(data={"legal_name": "Northgate Recovery Partners LLC", "mode": "rate", "field_visits": True})
        form.licence_number.errors = [say("Enter the licence number.", "请填写许可证编号。")]
        form.cap.errors = [say("Enter an amount such as 2500000.00.", "请填写金额，例如 2500000.00。")]
        return form
