"""What is in archives, documents and mails, down to the bottom, within bounds."""

import bz2
import email
import email.policy
import gzip
import hashlib
import io
import lzma
import os
import pathlib
import tarfile
import zlib
from dataclasses import dataclass
from typing import List, Optional

from . import package, pdf, work
from .detect import detect
from .errors import BrokenFile, TooMuch, UnsupportedFile
from .formats import FORMATS

MOST_DEPTH = 5
MOST_FILES = 2_000
MOST_BYTES = 128 << 20
_CHUNK = 1 << 20
_PACKED = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
_ZIPPED = {"zip", "epub", "docx", "xlsx", "pptx", "odt", "ods", "odp"}
_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, ValueError, UnicodeError)


@dataclass
class Entry:
    #: Names from the outermost file inwards.
    path: List[str]
    size: int
    format: str
    sha256: str
    #: Why there is no more of it.
    problem: str = ""
    content: Optional[pathlib.Path] = None


class _Budget:
    def __init__(self):
        self.bytes, self.files = MOST_BYTES, MOST_FILES

    def take(self, size):
        self.bytes -= size
        if self.bytes < 0:
            raise TooMuch("It holds more than %d MiB: it may be a bomb." % (MOST_BYTES >> 20))

    def one(self):
        self.files -= 1
        if self.files < 0:
            raise TooMuch("It holds more than %d files." % MOST_FILES)


def unpack(file, contents):
    """Entries. ``contents``: the files themselves as well. Raises UnsupportedFile, TooMuch, BrokenFile."""
    source = detect(file)
    if not _opens(source):
        raise UnsupportedFile("Nothing is in %s that could be taken out. Archives, office documents, PDF and mails can be." % source)
    found = []
    _open(file, source, [], found, _Budget(), contents)
    return found


def _opens(source):
    return source in _ZIPPED or source in _PACKED or source in ("tar", "pdf", "eml")


def _open(file, source, path, found, budget, contents):
    for name, data in _inside(file, source, budget):
        budget.one()
        place = work.folder() / "part"
        place.write_bytes(data)
        kind = detect(place)
        entry = Entry([*path, name], len(data), kind, hashlib.sha256(data).hexdigest())
        found.append(entry)
        if contents:
            entry.content = work.deliver(place, name, FORMATS[kind].extension, os.path.basename(name).rpartition(".")[0] or None)
            place = entry.content
        if _opens(kind) and kind != "eml":
            if len(path) + 1 >= MOST_DEPTH:
                entry.problem = "It is packed too deep: %d levels are opened." % MOST_DEPTH
                continue
            try:
                _open(place, kind, entry.path, found, budget, contents)
            except BrokenFile as problem:
                entry.problem = str(problem)
        if not contents:
            os.unlink(place)


def _inside(file, source, budget):
    try:
        if source in _ZIPPED:
            for info, data in package.parts(file):
                budget.take(len(data))
                yield info.filename, data
        elif source in _PACKED:
            yield from _packed(file, source, budget)
        elif source == "tar":
            yield from _tar(tarfile.open(file, "r:"), budget)
        elif source == "pdf":
            yield from _attached(file, budget)
        else:
            yield from _mailed(file, budget)
    except (TooMuch, BrokenFile):
        raise
    except _DAMAGE as problem:
        raise BrokenFile("The %s is damaged: %s" % (source, problem)) from None


def _packed(file, source, budget):
    with _PACKED[source](file, "rb") as stream:
        data = bytearray()
        while chunk := stream.read(_CHUNK):
            budget.take(len(chunk))
            data += chunk
    yield pathlib.PurePath(file).stem or "content", bytes(data)


def _tar(archive, budget):
    with archive:
        for member in archive:
            if member.isfile():
                budget.take(member.size)
                yield member.name, archive.extractfile(member).read()


def _attached(file, budget):
    given = work.staged(file, "pdf")
    target = work.folder()
    pdf.poppler("pdfdetach", "-saveall", "-o", target, given)
    for path in sorted(target.iterdir()):
        budget.take(path.stat().st_size)
        yield path.name, path.read_bytes()


def _mailed(file, budget):
    message = email.message_from_binary_file(io.BytesIO(pathlib.Path(file).read_bytes()), policy=email.policy.default)
    for part in message.walk():
        if not part.is_multipart():
            data = part.get_payload(decode=True) or b""
            budget.take(len(data))
            yield part.get_filename() or part.get_content_type().replace("/", "."), data
