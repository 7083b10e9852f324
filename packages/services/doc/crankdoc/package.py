"""ZIP packages (Office Open XML, OpenDocument, EPUB) read within bounds, and written anew."""

import zipfile

from .errors import BrokenFile, TooMuch

#: Bytes of all parts together, and how many there may be.
MOST_BYTES = 256 << 20
MOST_PARTS = 10_000
_CHUNK = 1 << 20
#: The time of all parts that are written: two rebuilds of one file are the same.
_TIME = (1980, 1, 1, 0, 0, 0)


def parts(file):
    """Yields (ZipInfo, bytes) of each part. What a header says of a size is not believed. Raises BrokenFile, TooMuch."""
    total = 0
    try:
        with zipfile.ZipFile(file) as archive:
            if len(archive.infolist()) > MOST_PARTS:
                raise TooMuch("The archive has more than %d parts." % MOST_PARTS)
            for info in archive.infolist():
                if info.is_dir():
                    continue
                if info.flag_bits & 1:
                    raise BrokenFile("The archive is encrypted.")
                data = bytearray()
                with archive.open(info) as stream:
                    while chunk := stream.read(_CHUNK):
                        data += chunk
                        if total + len(data) > MOST_BYTES:
                            raise TooMuch("The archive holds more than %d MiB: it may be a bomb." % (MOST_BYTES >> 20))
                total += len(data)
                yield info, bytes(data)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as problem:
        if isinstance(problem, (BrokenFile, TooMuch)):
            raise
        raise BrokenFile("The archive is damaged: %s" % problem) from None
    except Exception as problem:  # zlib.error, lzma.LZMAError
        raise BrokenFile("The archive is damaged: %s" % problem) from None


def write(path, entries):
    """(name, bytes) of each part; a `mimetype` comes first and is stored (OpenDocument 1.3, part 2, 3.3)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(entries, key=lambda entry: entry[0] != "mimetype"):
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
