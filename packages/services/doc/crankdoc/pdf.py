"""Conversions from PDF, by poppler; pictures become PDF here, too."""

from . import picture, tools, work
from .errors import BrokenFile, ToolFailed
from .formats import extension
from .options import Picture
from .run import made, run

OUTPUTS = "text html png jpeg tiff svg postscript eps".split()
_CAIRO = {"svg": "-svg", "postscript": "-ps", "eps": "-eps"}
_RASTER = {"png": "-png", "jpeg": "-jpeg", "tiff": "-tiff"}
_MOST_DPI = 1200


def poppler(name, *arguments):
    tools.demand("poppler")
    return run(tools.program(name), *arguments)


def convert(file, source, target, options=None):
    """The path of the result: of one page, where the target is a picture. Raises BrokenFile, ToolFailed."""
    options = options or Picture()
    given = work.staged(file, "pdf")
    out = given.with_name("out." + extension(target))
    page = ["-f", str(options.page), "-l", str(options.page)]
    if target == "text":
        poppler("pdftotext", "-enc", "UTF-8", "-layout", "-nopgbrk", given, out)
        return out
    if target == "html":
        poppler("pdftohtml", "-s", "-noframes", "-i", "-enc", "UTF-8", "-q", given, out)
        return made(out, "pdftohtml")
    if target in _CAIRO:
        poppler("pdftocairo", _CAIRO[target], *page, given, out)
        return made(out, "pdftocairo")
    return made(raster(given, target, options), "pdftoppm")


def raster(given, target, options):
    """One page as a picture."""
    if not 10 <= options.dpi <= _MOST_DPI:
        raise BrokenFile("Pages are rendered at 10 to %d dpi." % _MOST_DPI)
    page = str(options.page)
    words = ["-r", str(options.dpi), "-f", page, "-l", page, "-singlefile", _RASTER[target]]
    if options.width or options.height:
        words += ["-scale-to-x", str(options.width or -1), "-scale-to-y", str(options.height or -1)]
    words += ["-gray"] if options.grey else []
    poppler("pdftoppm", *words, given, given.with_name("page"))
    made_by_it = given.with_name("page." + {"png": "png", "jpeg": "jpg", "tiff": "tif"}[target])
    if not made_by_it.exists():
        raise BrokenFile("The file has no page %s, or that page cannot be drawn." % page)
    return made_by_it


def pages_of(given):
    """How many pages there are. Raises BrokenFile."""
    try:
        said = poppler("pdfinfo", given).decode("utf-8", "replace")
    except ToolFailed as problem:
        raise BrokenFile("This PDF cannot be read: %s" % problem) from None
    for line in said.splitlines():
        if line.startswith("Pages:"):
            return int(line.split()[1])
    raise BrokenFile("This PDF does not say how many pages it has.")


def from_picture(file, source, target, options=None):
    """A PDF of one page with the picture on it, made of a JPEG: DCTDecode of ISO 32000-1, 7.4.8."""
    shown = picture.convert(file, source, "jpeg", options)
    data = shown.read_bytes()
    said = picture.magick("jpeg:%s" % shown, "-format", "%w %h %[colorspace]", "info:-").split()
    width, height, grey = int(said[0]), int(said[1]), b"Gray" in said[2]
    out = shown.with_name("out.pdf")
    out.write_bytes(_page(data, width, height, b"DeviceGray" if grey else b"DeviceRGB"))
    return out


def _page(jpeg, width, height, space):
    scale = min(1.0, 842 / max(width, height))
    drawn = b"q %d 0 0 %d 0 0 cm /I Do Q" % (round(width * scale), round(height * scale))
    box = b"[0 0 %d %d]" % (round(width * scale), round(height * scale))
    head = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /%s /BitsPerComponent 8 /Filter /DCTDecode"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 5 0 R /Resources << /XObject << /I 4 0 R >> >> >>" % box,
        b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head % (width, height, space), len(jpeg), jpeg),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
    )
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
