"""Forms of document requests and policies: shape only."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.validators import Optional as Voluntary

from agencies.asking.policies import Wording
from agencies.diligence.forms import DOCUMENT_HELP, _files
from agencies.diligence.scheme import scheme
from agencies.forms import _line
from portal.files import StoredFile


class AskForm(FlaskForm):
    """What an agency is asked for."""

    document = SelectField(_("Document"))
    due_on = DateField(_("By"), [InputRequired(_("Enter the day."))])
    note = TextAreaField(_("Note"), [Length(max=2000)], description=_("What the agency should know."))

    def offer(self, language: str) -> None:
        """Offer every kind of document in the reader's language."""
        self.document.choices = [SelectChoice(one.code, one.label(language)) for one in scheme().documents]


class AnswerForm(FlaskForm):
    """A document, new or on file, and the word for it."""

    evidence = FileField(_("Document"), description=DOCUMENT_HELP)
    on_file = SelectField(
        _("Or one on file"),
        [Voluntary()],
        description=_("What you gave once may serve again; nobody needs to send it twice."),
    )
    attests = BooleanField(_("I attest that the document is true and current."))

    def offer(self, on_file: Sequence[StoredFile]) -> None:
        """Offer the documents on file; without any, the field is left out."""
        if on_file:
            self.on_file.choices = _files(on_file)
        else:
            del self.on_file


class JudgeForm(FlaskForm):
    """Why a document is asked for again, and by when."""

    reason = TextAreaField(_("Reason"))
    due_on = DateField(_("By"), [Voluntary()])


class PolicyForm(FlaskForm):
    """A policy of the bank."""

    title = _line(_("Title"), _("Enter the title."))
    version = _line(_("Version"), _("Enter the version."), 40)
    due_on = DateField(_("Attest by"), [InputRequired(_("Enter the day."))])
    text = TextAreaField(
        _("Wording"), [InputRequired(_("Write the policy.")), Length(max=200_000)], render_kw={"rows": 16}
    )

    def wording(self) -> Wording:
        """What was written, for the act."""
        return Wording(self.title.data, self.version.data, self.text.data, self.due_on.data)


class AttestForm(FlaskForm):
    """One's own name under a policy."""

    name = _line(_("Your name"), _("Write your name."))
