"""Text in pictures, by tesseract."""

import re

from . import pdf, picture, tools, work
from .errors import UnsupportedFile
from .options import Picture
from .run import made, run

_LANGUAGE = re.compile(r"[A-Za-z_]{3,20}")


def languages():
    """Languages that are installed."""
    tools.demand("tesseract")
    said = run(tools.FOUND["tesseract"], "--list-langs").decode("utf-8", "replace").splitlines()
    return [line.strip() for line in said[1:] if line.strip()]


def read(shown, language, output="txt"):
    """What tesseract makes of a PNG: `txt`, `tsv` or `pdf`, as a path."""
    if _LANGUAGE.fullmatch(language) is None or language not in languages():
        raise UnsupportedFile("The language %r is not installed for OCR. There are: %s." % (language[:20], ", ".join(languages())))
    out = shown.with_name("read")
    run(tools.FOUND["tesseract"], shown, out, "-l", language, output, environment={"OMP_THREAD_LIMIT": "1"})
    return out.with_name("read." + output)


def convert(file, source, target, options=None, language="eng"):
    """A picture's text, or a PDF whose text can be searched."""
    shown = picture.convert(file, source, "png", options)
    if target == "text":
        return read(shown, language)  # a picture may have none
    return made(read(shown, language, "pdf"), "tesseract")


def page(given, number, language, dpi):
    """The text of a PDF's page, as it looks."""
    shown = pdf.raster(work.staged(given, "pdf"), "png", Picture(page=number, dpi=dpi, grey=True))
    return read(shown, language).read_text("utf-8", "replace")
