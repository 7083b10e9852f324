"""What a file is, by its bytes. A name counts only between texts, which bytes do not tell apart."""

import os
import re
import zipfile

from .formats import FORMATS

_HEAD = 4096
#: (offset, bytes, format). The first that fits.
_MAGIC = (
    (0, b"\x89PNG\r\n\x1a\n", "png"), (0, b"\xff\xd8\xff", "jpeg"), (0, b"GIF87a", "gif"), (0, b"GIF89a", "gif"),
    (0, b"II*\0", "tiff"), (0, b"MM\0*", "tiff"), (0, b"BM", "bmp"), (0, b"8BPS", "psd"), (0, b"\0\0\1\0", "ico"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"), (0, b"{\\rtf", "rtf"), (0, b"fLaC", "flac"), (0, b"ID3", "mp3"),
    (0, b"\x1f\x8b", "gzip"), (0, b"BZh", "bzip2"), (0, b"\xfd7zXZ\0", "xz"), (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"), (0, b"Rar!\x1a\x07", "rar"), (257, b"ustar", "tar"), (0, b"SQLite format 3\0", "sqlite"),
    (0, b"\x7fELF", "elf"), (0, b"MZ", "pe"), (0, b"\0\0\1\xba", "mpeg"), (0, b"\0\0\1\xb3", "mpeg"),
    (0, b"\xc5\xd0\xd3\xc6", "eps"), (0, b"\xff\xfb", "mp3"), (0, b"\xff\xf3", "mp3"), (0, b"\xff\xf1", "aac"), (0, b"\xff\xf9", "aac"),
    (0, b"\x0a\x05\x01\x08", "pcx"),
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RIFF = {b"WAVE": "wav", b"AVI ": "avi", b"WEBP": "webp"}
_NETPBM = {b"P1": "pbm", b"P4": "pbm", b"P2": "pgm", b"P5": "pgm", b"P3": "ppm", b"P6": "ppm"}
_BRANDS = {b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"qt  ": "mov", b"M4A ": "m4a"}
_ROOTS = {
    "html": "html", "svg": "svg", "opml": "opml", "article": "docbook", "book": "docbook", "FictionBook": "fb2",
}  # fmt: skip
_FLAT = {"text": "fodt", "spreadsheet": "fods", "presentation": "fodp"}
_ODF = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
#: Texts that their bytes do not tell apart, by extension.
_TEXTS = {
    "md": "markdown", "markdown": "markdown", "rst": "rst", "org": "org", "tex": "latex", "latex": "latex", "csv": "csv",
    "tsv": "csv", "textile": "textile", "wiki": "mediawiki", "mediawiki": "mediawiki", "bib": "bibtex", "t2t": "t2t",
    "muse": "muse", "ipynb": "ipynb", "htm": "html", "html": "html", "xhtml": "html", "dbk": "docbook", "xml": "xml",
    "opml": "opml", "eml": "eml", "native": "native", "man": "man", "1": "man",
}  # fmt: skip


def extension_of(file):
    return os.path.splitext(os.fspath(file))[1][1:].lower()


def detect(file):
    """The format's name. Never fails: what nobody knows is `binary`, or `text`."""
    size = os.path.getsize(file)
    with open(file, "rb") as stream:
        head = stream.read(_HEAD)
    if size == 0:
        return "text"
    return _by_magic(head, file) or _by_text(head, file)


def _by_magic(head, file):
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head[:4] in (b"PK\3\4", b"PK\5\6"):
        return _zip(file)
    if head.startswith(_OLE):
        return _ole(file)
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "binary")
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide"):
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm" if b"webm" in head[:64] else "mkv"
    if head[:4] == b"OggS":
        return "opus" if b"OpusHead" in head[:64] else "ogg"
    if head[:2] in _NETPBM and head[2:3].isspace():
        return _NETPBM[head[:2]]
    if head[:4] == b"%!PS":
        return "eps" if b"EPSF" in head[:32] else "postscript"
    return next((name for at, magic, name in _MAGIC if head[at : at + len(magic)] == magic), None)


def _zip(file):
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist()[:5000])
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype").decode("ascii", "replace").strip()
                if kind == "application/epub+zip":
                    return "epub"
                for part, name in _ODF.items():
                    if kind.startswith("application/vnd.oasis.opendocument." + part):
                        return name
            if "[Content_Types].xml" in names:
                for folder, name in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")):
                    if any(one.startswith(folder) for one in names):
                        return name
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        pass
    return "zip"


def _ole(file):
    """Names in an OLE compound file's directory are UTF-16 ([MS-CFB], 2.6.1)."""
    with open(file, "rb") as stream:
        data = stream.read(4 << 20)
    for name, found in (("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("PowerPoint Document", "ppt")):
        if (name + "\0").encode("utf-16-le") in data:
            return found
    return "msg" if "__properties_version1".encode("utf-16-le") in data else "ole"


def _by_text(head, file):
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head.decode("utf-16", "replace")
    elif b"\0" in head:
        return "binary"
    else:
        text = head.decode("utf-8", "replace")
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("#!"):
        return "script"
    lower = start[:512].lower()
    if lower.startswith(("<!doctype html", "<html")):
        return "html"
    if start.startswith("<"):
        found = _markup(start)
        if found is not None:
            return found
    if start.startswith("{") and '"cells"' in text and '"nbformat' in text + _tail(file):
        return "ipynb"
    if start.startswith('{"pandoc-api-version"'):
        return "json"
    by_name = _TEXTS.get(extension_of(file))
    if by_name is not None:
        return by_name
    if start[:1] in "{[" and start[:1] != "" and extension_of(file) == "json":
        return "jsondata"
    if re.match(r"(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){2}", start) and re.search(r"(?m)^(From|Received|Message-ID):", text):
        return "eml"
    return "text"


def _tail(file):
    with open(file, "rb") as stream:
        stream.seek(max(0, os.path.getsize(file) - _HEAD))
        return stream.read().decode("utf-8", "replace")


def _markup(start):
    root = re.search(r"<([A-Za-z][\w.-]*:)?([A-Za-z][\w.-]*)", re.sub(r"(?s)<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^\[>]*(\[.*?\])?>", "", start))
    if root is None:
        return "xml" if start.startswith("<?xml") else None
    if root[1] == "office:" and root[2] == "document":
        for part, name in _FLAT.items():
            if "opendocument." + part in start:
                return name
    if root[2] == "article" and ("JATS" in start or "article-type=" in start):
        return "jats"
    return _ROOTS.get(root[2]) or ("xml" if start.startswith("<?xml") else None)


def source_of(file, given=None):
    """The format of an input: what the caller says, else what it is."""
    return given if given in FORMATS else detect(file)
