"""The text of a file, whatever it is."""

import email
import email.policy
import pathlib

from . import pdf, recognise, routes, work
from .detect import detect
from .errors import UnsupportedFile
from .formats import extension
from .tools import FOUND

_PLAIN = {"text", "csv", "xml", "jsondata", "script", "json", "native"}
_MOST = 32 << 20
#: A page with fewer letters than this has none of its own: it is a picture of one.
_FEW_LETTERS = 8


def extract(file, recognise_pages, language):
    """Text in Unicode. ``recognise_pages``: of pages without text, by OCR. Raises UnsupportedFile."""
    source = detect(file)
    if source in _PLAIN:
        return decoded(pathlib.Path(file).read_bytes()[:_MOST])
    if source == "eml":
        return of_mail(pathlib.Path(file).read_bytes())
    if source == "pdf":
        return of_pdf(file, recognise_pages, language)
    at = file
    for step in routes.route(source, "text"):
        at = step.convert(at, step.source, step.target, None)
    return decoded(pathlib.Path(at).read_bytes()[:_MOST])


def of_pdf(file, recognise_pages, language):
    given = work.staged(file, extension("pdf"))
    text = pdf.poppler("pdftotext", "-enc", "UTF-8", "-layout", given, "-").decode("utf-8", "replace")
    if not recognise_pages or "tesseract" not in FOUND:
        return text.replace("\f", "\n")
    pages = text.split("\f")[:-1]
    for at, page in enumerate(pages):
        if sum(map(str.isalpha, page)) < _FEW_LETTERS:
            pages[at] = recognise.page(file, at + 1, language, 150)
    return "\n".join(pages)


def of_mail(data):
    message = email.message_from_bytes(data, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    if body is None:
        raise UnsupportedFile("The mail has no text.")
    head = ["%s: %s" % (name, message[name]) for name in ("From", "To", "Date", "Subject") if message[name]]
    return "\n".join([*head, "", body.get_content()])


def decoded(data):
    """UTF-8 or UTF-16 where it is that, else Windows-1252, which has a character for nearly every byte."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
