"""Downloads of an agency's whole file for an examiner: one PDF, or one ZIP with everything that proves it."""

from __future__ import annotations

from io import BytesIO
from tempfile import TemporaryFile

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agencies import examiner_file
from agencies.examiner_file import AgencyFile
from agencies.pages import agency_of, language, today
from portal import files, web
from portal.db import session
from portal.errors import NotFound
from portal.web import actor, requires

blueprint = Blueprint("agency_file", __name__, url_prefix="/agencies/<code>/file")


@blueprint.post("/<form>")
@requires("agencies.export", see="agencies.view")
def export(code: str, form: str) -> ResponseReturnValue:
    """The file as `pdf` or `zip`. A POST, because the trail says who took it."""
    if form not in ("pdf", "zip"):
        raise NotFound
    file = examiner_file.export(session(), actor(), agency_of(code), day=today(), say=_, language=language())
    document = examiner_file.as_pdf(file, web.settings().bank_name, _, web.settings().pdf_font_dir)
    name = f"{file.code}-{file.day}.{form}"
    if form == "pdf":
        return send_file(BytesIO(document), mimetype="application/pdf", as_attachment=True, download_name=name)
    return _zip(file, document, name)


def _zip(file: AgencyFile, document: bytes, name: str) -> ResponseReturnValue:
    """On disk and not in memory: the documents of an old agency may be many."""
    made = TemporaryFile()  # noqa: SIM115 - the answer closes it when it was sent
    examiner_file.write_zip(made, file, document, files.store(), _)
    made.seek(0)
    return send_file(made, mimetype="application/zip", as_attachment=True, download_name=name)
