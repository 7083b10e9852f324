"""Small documents whose conversion makes LibreOffice load its filters, so that no call has to."""

import os
import tempfile

from .office_filters import PROGRAMS

_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" office:version="1.3" '
    'office:mimetype="application/vnd.oasis.opendocument.%s"><office:body><office:%s>%s</office:%s></office:body></office:document>'
)
_P = "<text:p>Crank</text:p>"
_TABLE = '<table:table table:name="C"><table:table-row><table:table-cell>%s</table:table-cell></table:table-row></table:table>' % _P
_SAMPLES = (
    ("text", _P, "fodt", "docx"),
    ("spreadsheet", _TABLE, "fods", "xlsx"),
    ("presentation", '<draw:page draw:name="C"/>', "fodp", "pptx"),
)


def convert_all(convert):
    """One document of each program, to its format of Microsoft's, and that to PDF."""
    with tempfile.TemporaryDirectory() as folder:
        at = os.path.join(folder, "a.")
        for (kind, body, flat, office), (reads, writes) in zip(_SAMPLES, PROGRAMS):
            with open(at + flat, "w", encoding="utf-8") as file:
                file.write(_DOCUMENT % (kind, kind, body, kind))
            convert(at + flat, reads[flat], at + office, writes[office])
            convert(at + office, reads[office], at + kind + ".pdf", writes["pdf"])
