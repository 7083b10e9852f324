"""Words taken out of a document for good: pages that have them become pictures with bars over them, and the result is searched."""

import re
from xml.etree import ElementTree

from . import pages, pdf, picture, work
from .errors import BrokenFile, TooMuch
from .options import Picture
from .pdf_objects import dictionaries, read

_DPI = 200
_MARGIN = 2  # points around a word
_XHTML = "{http://www.w3.org/1999/xhtml}"
MOST_PAGES = 60


def redact(file, terms):
    """The path of a PDF. Raises BrokenFile where a term is left, or nothing was found."""
    given = pages.as_pdf(file)
    wanted = [_bare(term) for term in terms if _bare(term)]
    hits = [boxes(page, wanted) for page in words_of(given)]
    covered = [number for number, found in enumerate(hits, 1) if found]
    if not covered:
        raise BrokenFile("None of the terms is in the text of this document. Pages that are pictures have to go through `ocr` first.")
    if len(covered) > MOST_PAGES:
        raise TooMuch("The terms are on %d pages; at most %d are redacted in one call." % (len(covered), MOST_PAGES))
    parts = []
    for number in range(1, len(hits) + 1):
        if hits[number - 1]:
            parts += [_covered(given, number, hits[number - 1]), "1"]
        else:
            parts += [given, str(number)]
    out = given.with_name("redacted.pdf")
    # Pages only: what the document says of itself, its bookmarks and its attachments stay behind.
    pages.qpdf("--empty", "--remove-unreferenced-resources=yes", "--pages", *parts, "--", out)
    verify(out, wanted)
    return work.deliver(out, file, "pdf")


def verify(out, wanted):
    """Looks for the terms again: in the text of each page, and in every string of every object."""
    text = _bare(pdf.poppler("pdftotext", "-enc", "UTF-8", out, "-").decode("utf-8", "replace"))
    _, objects, _ = read(out)
    strings = [value[2:] for entry in objects.values() for one in dictionaries(entry) for value in _texts(one)]
    for term in wanted:
        if term in text or any(term in _bare(one) for one in strings):
            raise BrokenFile("A term is still in the result, which is therefore not given out.")


def _texts(one):
    for value in one.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, str) and inner.startswith("u:"):
                yield inner


def words_of(given):
    """For each page its words: (text, x0, y0, x1, y1) in points from the upper left."""
    data = pdf.poppler("pdftotext", "-bbox", "-enc", "UTF-8", given, "-")
    clean = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", data)
    try:
        root = ElementTree.fromstring(clean)
    except ElementTree.ParseError as problem:
        raise BrokenFile("The text of this PDF cannot be placed: %s" % problem) from None
    return [
        [(word.text or "", *(float(word.get(side)) for side in ("xMin", "yMin", "xMax", "yMax"))) for word in page.iter(_XHTML + "word")]
        for page in root.iter(_XHTML + "page")
    ]


def boxes(words, wanted):
    """Places of the words that a term is in, wholly or in part; terms may go over several words."""
    text, owners = "", []
    for number, word in enumerate(words):
        bare = _bare(word[0])
        text += bare
        owners += [number] * len(bare)
    hit = set()
    for term in wanted:
        at = text.find(term)
        while at >= 0:
            hit.update(owners[at : at + len(term)])
            at = text.find(term, at + 1)
    return [words[number][1:] for number in sorted(hit)]


def _bare(text):
    """Without spaces, hyphens and case: a term is found however its letters are set."""
    return re.sub(r"[\s\u00ad\u2010\u2011-]+", "", text).casefold()


def _covered(given, number, found):
    """The page as a picture with bars, as a PDF of its own."""
    shown = pdf.raster(work.staged(given, "pdf"), "png", Picture(page=number, dpi=_DPI))
    scale = _DPI / 72
    bars = []
    for x0, y0, x1, y1 in found:
        corners = ((x0 - _MARGIN) * scale, (y0 - _MARGIN) * scale, (x1 + _MARGIN) * scale, (y1 + _MARGIN) * scale)
        bars += ["-draw", "rectangle %d,%d %d,%d" % corners]
    barred = shown.with_name("barred.png")
    picture.magick("png:%s" % shown, "-fill", "black", *bars, "-strip", "png:%s" % barred)
    return pdf.from_picture(barred, "png", "pdf", Picture(quality=85))
