"""Pages: as pictures, apart, together."""

import json
import re

from . import media, pdf, routes, tools, work
from .detect import detect
from .errors import BrokenFile, TooMuch, UnsupportedFile
from .formats import FORMATS, kind
from .options import Picture
from .run import made, run

MOST_PAGES = 100
_MOST_PARTS = 500
_RANGES = re.compile(r"\d{1,6}(-\d{0,6})?(,\d{1,6}(-\d{0,6})?)*")


def as_pdf(file, source=None):
    """The file as PDF, converted where it is something else. Raises UnsupportedConversion."""
    source = source or detect(file)
    at = file
    if source != "pdf":
        for step in routes.route(source, "pdf"):
            at = step.convert(at, step.source, step.target, None)
    return work.staged(at, "pdf")


def chosen(ranges, total):
    """Page numbers of `1,3-5,7-`. Raises BrokenFile."""
    if not ranges:
        return list(range(1, total + 1))
    if _RANGES.fullmatch(ranges) is None:
        raise BrokenFile("Pages are written as 1,3-5,8-, not %r." % ranges[:40], "pages")
    numbers = []
    for part in ranges.split(","):
        first, dash, last = part.partition("-")
        numbers += range(int(first), min(int(last or total) if dash else int(first), total) + 1)
    wrong = [number for number in numbers if not 1 <= number <= total]
    if wrong or not numbers:
        raise BrokenFile("There is no page %s: the document has %d." % (wrong[0] if wrong else ranges, total))
    return numbers


def render(file, to, pages, options):
    """A picture of each page. Raises TooMuch."""
    source = detect(file)
    if FORMATS[source].kind == "video":
        return [_frame(file, source, to, options)]
    given = as_pdf(file, source)
    numbers = chosen(pages, pdf.pages_of(given))
    if len(numbers) > MOST_PAGES:
        raise TooMuch("At most %d pages are rendered in one call; this asks for %d. Choose some: pages=1-50." % (MOST_PAGES, len(numbers)))
    shown = []
    for number in numbers:
        one = Picture(**{**vars(options), "page": number})
        at = pdf.raster(work.staged(given, "pdf"), to, one)
        shown.append(work.deliver(at, file, FORMATS[to].extension, "page-%03d" % number))
    return shown


def thumbnail(file, size, to):
    """A small picture of the first page, the picture or the first frame."""
    source = detect(file)
    options = Picture(width=size, height=size)
    if kind(source) == "picture" and source != "svg":
        step = routes.route(source, to)[0]
        return work.deliver(step.convert(file, source, to, options), file, FORMATS[to].extension)
    if kind(source) == "video":
        return _frame(file, source, to, options)
    at = pdf.raster(as_pdf(file, source), "png", Picture(dpi=72))
    step = routes.route("png", to)[0]
    return work.deliver(step.convert(at, "png", to, options), file, FORMATS[to].extension)


def _frame(file, source, to, options):
    at = media.frame(file, source)
    step = routes.route("png", to)[0]
    return work.deliver(step.convert(at, "png", to, options), file, FORMATS[to].extension)


def split(file, pages, every):
    """PDFs of ``every`` pages each, or one for each range that is chosen."""
    given = as_pdf(file)
    total = pdf.pages_of(given)
    if pages:
        parts = [",".join(map(str, chosen(part, total))) for part in pages.split(",")]
    else:
        parts = ["%d-%d" % (first, min(first + every - 1, total)) for first in range(1, total + 1, every)]
    if len(parts) > _MOST_PARTS:
        raise TooMuch("This would be %d files; at most %d." % (len(parts), _MOST_PARTS))
    found = []
    for at, part in enumerate(parts, 1):
        out = given.with_name("part-%03d.pdf" % at)
        qpdf(given, "--pages", ".", part, "--", out)
        found.append(work.deliver(out, file, "pdf", "part-%03d" % at))
    return found


def merge(files):
    """One PDF of all. What is no PDF becomes one first."""
    if not files:
        raise UnsupportedFile("There is nothing to merge.")
    parts = [as_pdf(file) for file in files]
    for part in parts:
        pdf.pages_of(part)  # says which one cannot be read
    out = work.folder() / "merged.pdf"
    qpdf("--empty", "--pages", *parts, "--", out)
    return work.deliver(out, files[0], "pdf", "merged")


def qpdf(*arguments):
    """qpdf, whose status 3 says that it warned. Raises ToolFailed."""
    tools.demand("qpdf")
    return run(tools.program("qpdf"), *arguments, accept=(0, 3))


def rebuilt(given, *arguments):
    """A PDF written anew by qpdf."""
    out = given.with_name("rebuilt.pdf")
    qpdf(*arguments, given, out)
    return made(out, "qpdf")


def updated(given, facts, objects):
    """A PDF with objects replaced, by qpdf's JSON."""
    head = {key: facts[key] for key in ("jsonversion", "pdfversion", "pushedinheritedpageresources", "calledgetallpages", "maxobjectid")}
    change = given.with_name("change.json")
    text = json.dumps({"version": 2, "parameters": {"decodelevel": "none"}, "qpdf": [head, objects]}, ensure_ascii=False)
    change.write_bytes(text.encode("utf-8", "surrogateescape"))
    return rebuilt(given, "--decrypt", "--update-from-json=%s" % change)
