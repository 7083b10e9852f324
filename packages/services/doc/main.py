"""CrankDoc: documents, pictures and media, converted and checked behind walls."""

from pathlib import Path
from typing import Dict, List, Literal, Optional

from crankdoc import check, facts, media, office, recognise, routes, text, tools, work
from crankdoc import compare as comparison
from crankdoc import convert as conversions
from crankdoc import pages as _pages
from crankdoc import redact as redaction
from crankdoc import sanitize as sanitizing
from crankdoc import tables as _tables
from crankdoc import unpack as unpacking
from crankdoc.detect import detect
from crankdoc.options import Options, Picture

office.start()
routes.load()

# Without any tool there is nothing to convert, and still much to check.
Source = Literal[tuple(routes.sources() or ["text"])]
Target = Literal[tuple(routes.targets() or ["text"])]


def convert(file: Path, to: Target, source: Optional[Source] = None, options: Optional[Options] = None) -> Path:
    """Converts a file to another format, through others where no tool does it at once.

    Args:
        file: What to convert.
        to: The format that it becomes.
        source: What it is, where its bytes do not tell: kinds of Markdown, for example.
        options: Wishes for the tools that do it: `markup` for pandoc, `picture`, `media`.
    """
    return conversions.convert(file, to, source, options)


def extract_text(file: Path, ocr: bool = False, language: str = "eng") -> str:
    """The text of a document, a picture or a mail.

    Args:
        file: Any file that has text in it.
        ocr: Pages of a PDF that are pictures are read, too. Pictures always are.
        language: Of what is read by OCR, as tesseract names it.
    """
    return text.extract(file, ocr, language)


def render(file: Path, to: Literal["png", "jpeg", "tiff"] = "png", pages: str = "", options: Optional[Picture] = None) -> List[Path]:
    """Pages of a document as pictures.

    Args:
        file: A document, or a video, of which it is one frame.
        to: The format of the pictures.
        pages: Which ones, such as 1,3-5; all where it is left out.
        options: Size, resolution and the like.
    """
    return _pages.render(file, to, pages, options or Picture())


def thumbnail(file: Path, size: int = 256, to: Literal["png", "jpeg", "webp"] = "png") -> Path:
    """A small picture of a document's first page, a picture or a video.

    Args:
        file: What it shows.
        size: Pixels of the longer side, from 16 to 2048.
        to: The format of the picture.
    """
    return _pages.thumbnail(file, max(16, min(2048, size)), to)


def split(file: Path, ranges: str = "", every: int = 1) -> List[Path]:
    """A document as several PDFs.

    Args:
        file: A PDF, or what can become one.
        ranges: One PDF for each, such as 1-3,4-.
        every: Without ranges: how many pages each PDF has.
    """
    return _pages.split(file, ranges, max(1, every))


def merge(files: List[Path]) -> Path:
    """Several documents as one PDF.

    Args:
        files: PDFs, or what can become one, in their order.
    """
    return _pages.merge(files)


def metadata(file: Path) -> Dict[str, str]:
    """What a document, picture or recording says of itself: title, author, dates, camera.

    Args:
        file: PDF, office document, picture, sound or video.
    """
    return facts.of(file)


def strip_metadata(file: Path) -> Path:
    """The same file without what it says of itself.

    Args:
        file: PDF, office document, picture, sound or video.
    """
    return facts.strip(file)


def probe(file: Path) -> dict:
    """Container and streams of sound and video, as ffprobe has them.

    Args:
        file: Sound or video.
    """
    return media.probe(file, detect(file))


def validate(file: Path) -> check.Report:
    """What is to be known of a file before it is trusted: whether it is whole, encrypted or active, and what it really is.

    Args:
        file: Anything.
    """
    return check.check(file)


def sanitize(file: Path) -> Path:
    """The document built anew without macros, scripts and embedded files; the result is checked.

    Args:
        file: A PDF, an office document or a picture.
    """
    return sanitizing.sanitize(file)


def redact(file: Path, terms: List[str]) -> Path:
    """A PDF in which words are gone, not covered; the result is searched for them before it is given out.

    Args:
        file: A PDF, or what can become one.
        terms: Words and phrases, in any case.
    """
    return redaction.redact(file, terms)


def unpack(file: Path, contents: bool = False) -> List[unpacking.Entry]:
    """What is in an archive, a document or a mail, and in what is in there.

    Args:
        file: ZIP, tar, gzip, bzip2, xz, an office document, PDF or mail.
        contents: The files themselves, too.
    """
    return unpacking.unpack(file, contents)


def tables(file: Path) -> List[_tables.Table]:
    """Tables of a document. In a PDF they are found by how their columns stand.

    Args:
        file: A table, a document or a PDF.
    """
    return _tables.tables(file)


def compare(old: Path, new: Path) -> comparison.Comparison:
    """How two documents differ in their text, whatever formats they have.

    Args:
        old: One document.
        new: The other.
    """
    return comparison.compare(old, new)


def ocr(file: Path, to: Literal["pdf", "text"] = "pdf", language: str = "eng") -> Path:
    """A picture's text, or a PDF of it that can be searched.

    Args:
        file: A picture.
        to: What it becomes.
        language: As tesseract names it.
    """
    source = detect(file)
    routes.route(source, "png")
    return work.deliver(recognise.convert(file, source, to, None, language), file, "txt" if to == "text" else "pdf")


def formats() -> dict:
    """What can become what on this node, in one step and in several, and which tools are not there."""
    return {
        "conversions": {source: routes.reachable(source) for source in routes.sources()},
        "tools": sorted(tools.FOUND),
        "missing": [{"tool": name, "package": package, "gives": gives} for name, package, gives in tools.missing()],
    }


if tools.missing():
    _lost = "; ".join("%s (package %s)" % (gives, package) for _, package, gives in tools.missing())
    convert.__doc__ = convert.__doc__.replace("at once.", "at once. Not on this node: %s." % _lost, 1)
