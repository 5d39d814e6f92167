"""Documents that people send with a form: taken if they are what they say, kept as evidence, given back as attachments only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response, send_file

from agencies.evidence import HEAD, LARGEST, content_type
from portal import files
from portal.db import session
from portal.errors import N_, Invalid
from portal.files import StoredFile
from portal.web import actor


def received(part: Any, name: str) -> StoredFile | None:
    """The file of a form's field as evidence; none where nothing was chosen. Raises Invalid for what is no document."""
    if not part or not getattr(part, "filename", ""):
        return None
    media_type = content_type(part.stream.read(HEAD))
    part.stream.seek(0)
    if media_type is None:
        raise Invalid(N_("Choose a PDF, PNG or JPEG."), fields={name: N_("Choose a PDF, PNG or JPEG.")})
    kept = files.store().receive(part.stream, LARGEST)
    return files.keep(session(), actor(), kept, name=part.filename, content_type=media_type)


def attachment(file: StoredFile) -> Response:
    """A stored file as it was received; never shown by the browser itself."""
    path = files.store().folder / Path(file.place)
    response = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=file.name)
    response.headers["Content-Security-Policy"] = "sandbox"
    return response
