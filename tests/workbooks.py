"""Workbooks for tests, written part by part: sound ones as spreadsheets write them, and ones made to do harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
DATE, DATE_TIME, PERCENT = 1, 2, 3  # the cell styles of `STYLES`
STYLES = (
    f'{DECLARED}<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="10"/></cellXfs></styleSheet>'
)


def parts(sheet: str, texts: Sequence[str] = (), **more: str) -> dict[str, str]:
    """The parts of a workbook with one sheet of this XML."""
    return {
        "[Content_Types].xml": f'{DECLARED}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'{DECLARED}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{DECLARED}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr/><sheets><sheet name="First" sheetId="7" r:id="rId9"/>'
                           '<sheet name="Second" sheetId="1" r:id="rId8"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{DECLARED}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId8" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
                                      f'<Relationship Id="rId9" Type="{OFFICE}/worksheet" Target="/xl/worksheets/sheet2.xml"/>'
                                      f'<Relationship Id="rId1" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
                                      f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet_of('<row><c t="inlineStr"><is><t>the second sheet is never read</t></is></c></row>'),
        "xl/worksheets/sheet2.xml": sheet,
        "xl/sharedStrings.xml": f'{DECLARED}<sst xmlns="{MAIN}">' + "".join(f"<si><t>{escape(text)}</t></si>" for text in texts) + "</sst>",
        "xl/styles.xml": STYLES,
        **{name.replace("__", "/"): text for name, text in more.items()},
    }  # fmt: skip


def sheet_of(rows: str) -> str:
    """A sheet with these row elements."""
    return f'{DECLARED}<worksheet xmlns="{MAIN}"><dimension ref="A1:B2"/><sheetData>{rows}</sheetData></worksheet>'


def packed(content: Mapping[str, str | bytes]) -> bytes:
    """The parts as a zip."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in content.items():
            file.writestr(name, text)
    return target.getvalue()


def workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook of texts, as a spreadsheet writes them: each text once, in the workbook's list."""
    places = {text: at for at, text in enumerate(dict.fromkeys(cell for row in rows for cell in row))}
    lines = []
    for number, row in enumerate(rows, 1):
        cells = [f'<c r="{column(at)}{number}" t="s"><v>{places[cell]}</v></c>' for at, cell in enumerate(row) if cell]
        lines.append(f'<row r="{number}" spans="1:{len(row)}">{"".join(cells)}</row>')
    return packed(parts(sheet_of("".join(lines)), list(places)))


def column(at: int) -> str:
    """The letters of a column by its number from 0."""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
