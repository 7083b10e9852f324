"""Metadata: read and taken away."""

import re
from xml.etree import ElementTree

from . import media, package, pages, pdf, picture, work
from .detect import detect
from .errors import UnsupportedFile
from .formats import FORMATS
from .pdf_objects import read, resolve, text_of
from .run import made

_PARTS = {"docx": "docProps/core.xml", "xlsx": "docProps/core.xml", "pptx": "docProps/core.xml"}
_PARTS.update(odt="meta.xml", ods="meta.xml", odp="meta.xml")
_ABOUT = re.compile(r"docProps/.*\.xml|meta\.xml|Thumbnails/.*")
_EMPTY = {
    "docProps/core.xml": '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
    "meta.xml": '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3"><office:meta/>'
    "</office:document-meta>",
}


def of(file):
    """Names and values, as the format has them."""
    source = detect(file)
    kind = FORMATS[source].kind
    if source == "pdf":
        return _of_pdf(file)
    if source in _PARTS:
        return _of_package(file, _PARTS[source])
    if kind in ("sound", "video"):
        return media.probe(file, source).get("format", {}).get("tags", {})
    if kind == "picture" and source != "svg":
        given = work.staged(file, FORMATS[source].extension)
        said = picture.magick("%s:%s[0]" % (source, given), "-format", "width=%w\nheight=%h\ndepth=%z\n%[EXIF:*]", "info:-")
        return dict(line.split("=", 1) for line in said.decode("utf-8", "replace").splitlines() if "=" in line)
    raise UnsupportedFile("There is no metadata to be read in %s." % source)


def _of_pdf(file):
    given = work.staged(file, "pdf")
    _, objects, trailer = read(given)
    info = resolve(objects, trailer.get("/Info")) or {}
    return {key[1:]: text_of(value) for key, value in info.items()} | {"Pages": str(pdf.pages_of(given))}


def _of_package(file, wanted):
    for info, part in package.parts(file):
        if info.filename == wanted:
            root = ElementTree.fromstring(part)
            return {one.tag.rpartition("}")[2]: one.text.strip() for one in root.iter() if one.text and one.text.strip()}
    return {}


def strip(file):
    """The file without: its path. What it shows stays as it is."""
    source = detect(file)
    kind = FORMATS[source].kind
    extension = FORMATS[source].extension
    if source == "pdf":
        return work.deliver(_strip_pdf(file), file, "pdf")
    if source in _PARTS:
        out = work.folder() / ("out." + extension)
        package.write(out, ((info.filename, _emptied(info.filename, part)) for info, part in package.parts(file)))
        return work.deliver(out, file, extension)
    if kind in ("sound", "video"):
        return work.deliver(media.without_tags(file, source), file, extension)
    if kind == "picture" and source != "svg":
        given = work.staged(file, extension)
        out = given.with_name("out." + extension)
        picture.magick("%s:%s" % (source, given), "-auto-orient", "-strip", "%s:%s" % (source, out))
        return work.deliver(made(out, "ImageMagick"), file, extension)
    raise UnsupportedFile("Metadata of %s cannot be taken away." % source)


def _emptied(name, part):
    if not _ABOUT.fullmatch(name):
        return part
    return _EMPTY.get(name, "").encode() or part


def _strip_pdf(file):
    """qpdf writes what can be reached: without /Info and the catalogue's /Metadata, what they named is gone."""
    given = work.staged(file, "pdf")
    facts, objects, trailer = read(given)
    root = trailer.get("/Root", "")
    catalogue = {key: value for key, value in (resolve(objects, root) or {}).items() if key != "/Metadata"}
    kept = {key: value for key, value in trailer.items() if key not in ("/Info", "/Encrypt", "/ID")}
    return pages.updated(given, facts, {"obj:" + root: {"value": catalogue}, "trailer": {"value": kept}})
