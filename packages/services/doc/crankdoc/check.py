"""What is to be known of a file before it is trusted."""

import re
import zipfile
from dataclasses import dataclass, field
from typing import List, Literal
from xml.parsers import expat

from . import media, package, pdf, picture, work
from .detect import detect, extension_of
from .errors import BrokenFile, ToolFailed, ToolMissing, TooMuch
from .formats import FORMATS
from .pdf_objects import ACTIVE, active, read

Code = Literal[
    "damaged", "encrypted", "macros", "active-content", "embedded-files", "external-links", "mismatched-extension", "polyglot",
    "explodes", "unchecked",
]  # fmt: skip
_ALIASES = {"jpg": "jpeg", "tif": "tiff", "htm": "html", "mpg": "mpeg", "txt": "text"}
_TRAILERS = {"png": (b"IEND\xaeB`\x82", 64), "gif": (b"\x3b", 64), "jpeg": (b"\xff\xd9", 4096), "pdf": (b"%%EOF", 4096)}
_SCRIPT = re.compile(rb"<script[\s>]|\son[a-z]{3,20}\s*=|javascript:|<iframe[\s>]|<object[\s>]|<embed[\s>]", re.IGNORECASE)
_MOST_READ = 64 << 20


@dataclass
class Finding:
    code: Code
    message: str


@dataclass
class Report:
    format: str
    media_type: str
    #: It can be read to its end as what it is.
    well_formed: bool
    #: Such as PDF/A-2B, where the file says so of itself. Not certified here.
    claims: str = ""
    findings: List[Finding] = field(default_factory=list)

    def say(self, code, message):
        self.findings.append(Finding(code, message))


def check(file):
    """A Report. Never fails on a file, whatever is in it."""
    source = detect(file)
    report = Report(source, FORMATS[source].media_type, True)
    _name(report, file, source)
    with open(file, "rb") as stream:
        data = stream.read(_MOST_READ)
    _polyglot(report, file, source, data)
    try:
        _CHECKS.get(FORMATS[source].kind, _other)(report, file, source, data)
    except (BrokenFile, ToolFailed) as problem:
        report.well_formed = False
        report.say("encrypted" if "ncrypted" in str(problem) or "password" in str(problem) else "damaged", str(problem))
    except TooMuch as problem:
        report.well_formed = False
        report.say("explodes", str(problem))
    except ToolMissing as problem:
        report.say("unchecked", str(problem))
    return report


def _name(report, file, source):
    extension = extension_of(file)
    said = _ALIASES.get(extension, extension)
    known = {one.extension for one in FORMATS.values()} | set(FORMATS) | set(_ALIASES)
    texts = {"text", "data", "sheet"}
    if said not in known or extension == FORMATS[source].extension or said == source:
        return
    if FORMATS[source].kind in texts and said in FORMATS and FORMATS[said].kind in texts:
        return
    if said in {one.extension for one in FORMATS.values() if one.kind == FORMATS[source].kind == "text"}:
        return
    report.say("mismatched-extension", "Its name ends with .%s, and it is %s." % (extension, source))


def _polyglot(report, file, source, data):
    zipped = FORMATS[source].kind in ("word", "sheet", "slides", "archive") or source in ("zip", "epub")
    if not zipped and source not in ("pe", "elf") and len(data) > 22 and b"PK\5\6" in data[-66_000:] and zipfile.is_zipfile(file):
        report.say("polyglot", "It is %s, and an archive (ZIP) as well." % source)
    if source == "pdf" and not data.startswith(b"%PDF-"):
        report.say("polyglot", "Something stands before the head of the PDF: other programs may read it as another format.")
    if source not in ("pdf",) and b"%PDF-" in data[:4096] and FORMATS[source].kind in ("picture", "archive", "program", "sound", "video"):
        report.say("polyglot", "It is %s, and has the head of a PDF in it." % source)
    if FORMATS[source].kind == "picture" and source != "svg" and _SCRIPT.search(data[:4096]):
        report.say("polyglot", "It is %s, and has HTML in its first bytes." % source)
    trailer, slack = _TRAILERS.get(source, (None, 0))
    if trailer is not None and trailer in data:
        behind = len(data) - data.rindex(trailer) - len(trailer)
        if behind > slack:
            report.say("polyglot", "%d bytes stand behind the end of the %s." % (behind, source))


def _pdf(report, file, source, data):
    if source != "pdf":
        return
    given = work.staged(file, "pdf")
    _, objects, trailer = read(given)
    if "/Encrypt" in trailer:
        report.say("encrypted", "It is encrypted; it opens without a password, and restricts what readers allow.")
    for name in sorted(active(objects) - {"/URI", "/EmbeddedFile"}):
        code = "embedded-files" if name.startswith("/Embedded") else "active-content"
        report.say(code, "%s: %s." % (name, ACTIVE[name]))
    pdf.pages_of(given)
    claim = re.search(rb"pdfaid:part(?:>|=[\"'])(\d).*?pdfaid:conformance(?:>|=[\"'])([ABUabu])", data, re.DOTALL)
    if claim:
        report.claims = "PDF/A-%s%s" % (claim[1].decode(), claim[2].decode().upper())


def _packaged(report, file, source, data):
    if not zipfile.is_zipfile(file):
        return _other(report, file, source, data)
    names = set()
    for info, part in package.parts(file):
        names.add(info.filename)
        _part(report, info.filename, part)
    if source in ("docx", "xlsx", "pptx") and "_rels/.rels" not in names:
        raise BrokenFile("The package has no _rels/.rels (ECMA-376, part 2, 9.3).")


def _part(report, name, part):
    lower = name.lower()
    if lower.endswith("vbaproject.bin") or lower.startswith(("basic/", "scripts/")):
        report.say("macros", "It has macros: %s." % name)
    elif "/embeddings/" in lower or lower.startswith("object "):
        report.say("embedded-files", "It has another document in it: %s." % name)
    elif "activex" in lower:
        report.say("active-content", "It has ActiveX controls: %s." % name)
    if lower.endswith((".rels", ".xml", ".xhtml", ".opf")):
        _xml(name, part)
        if lower.endswith(".rels") and b'TargetMode="External"' in part and b"hyperlink" not in part:
            report.say("external-links", "It names what lies elsewhere: %s." % name)
        if lower == "meta-inf/manifest.xml" and b"encryption-data" in part:
            report.say("encrypted", "Its parts are encrypted.")


def _xml(name, data):
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as problem:
        raise BrokenFile("%s is not well-formed XML: %s" % (name, problem)) from None


def _picture(report, file, source, data):
    if source == "svg":
        return _other(report, file, source, data)
    given = work.staged(file, FORMATS[source].extension)
    picture.magick("-regard-warnings", "%s:%s" % (source, given), "-resize", "1x1", "info:-")


def _media(report, file, source, data):
    media.probe(file, source)


def _other(report, file, source, data):
    if source in ("html", "svg", "xml", "jats", "docbook", "opml", "fb2", "fodt", "fods", "fodp") and _SCRIPT.search(data):
        report.say("active-content", "It has scripts, or what loads other things.")
    if source in ("svg", "xml", "fodt", "fods", "fodp", "opml", "fb2"):
        _xml("The file", data)
    if source in ("doc", "xls", "ppt", "ole"):
        for mark, code, message in _OLE:
            if mark in data:
                report.say(code, message)
    if source == "rtf" and re.search(rb"\\objdata|\\objocx|\\objupdate", data):
        report.say("embedded-files", "It has objects of other programs in it.")


_OLE = (
    ("_VBA_PROJECT".encode("utf-16-le"), "macros", "It has macros (_VBA_PROJECT)."),
    ("EncryptedPackage".encode("utf-16-le"), "encrypted", "It is an encrypted package of Office."),
    ("ObjectPool".encode("utf-16-le"), "embedded-files", "It has objects of other programs in it."),
)
_CHECKS = {
    "page": _pdf, "word": _packaged, "sheet": _packaged, "slides": _packaged, "archive": _packaged, "picture": _picture,
    "sound": _media, "video": _media,
}  # fmt: skip
