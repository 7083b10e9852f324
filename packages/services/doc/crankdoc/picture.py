"""Conversions between pictures, by ImageMagick, under a policy that knows pictures and nothing else."""

import os

from . import tools, work
from .errors import BrokenFile
from .formats import extension
from .options import Picture
from .run import made, run

_PROFILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "profiles", "imagemagick")
INPUTS = "png jpeg gif tiff bmp webp avif heic ppm pgm pbm ico tga pcx psd jp2".split()
OUTPUTS = "png jpeg gif tiff bmp webp avif ppm pgm pbm ico tga pcx psd jp2".split()
_CODERS = {"jpeg": "jpeg", "bmp": "bmp3"}
_NO_TRANSPARENCY = {"jpeg", "bmp", "ppm", "pgm", "pbm", "pcx"}
_MOST_PIXELS = 16_384


def magick(*arguments):
    """ImageMagick's `convert`. Raises ToolFailed."""
    tools.demand("imagemagick")
    environment = {"MAGICK_CONFIGURE_PATH": _PROFILE, "MAGICK_TEMPORARY_PATH": str(work.folder())}
    return run(tools.FOUND["imagemagick"], *arguments, environment=environment)


def convert(file, source, target, options=None):
    """The path of the result: of one frame, but where both formats have many. Raises BrokenFile, ToolFailed."""
    options = options or Picture()
    given = work.staged(file, extension(source))
    out = given.with_name("out." + extension(target))
    many = source in ("gif", "webp") and target in ("gif", "webp")
    frame = "" if many and options.page == 1 else "[%d]" % (options.page - 1)
    words = ["%s:%s%s" % (_CODERS.get(source, source), given, frame), "-auto-orient"]
    words += ["-coalesce"] if many else []
    words += _size(options, target) + _look(options, target)
    magick(*words, "%s:%s" % (_CODERS.get(target, target), out))
    return made(out, "ImageMagick")


def _size(options, target):
    for side in (options.width, options.height):
        if side is not None and not 1 <= side <= _MOST_PIXELS:
            raise BrokenFile("A picture is from 1 to %d pixels wide and high." % _MOST_PIXELS)
    if options.width or options.height:
        return ["-resize", "%sx%s" % (options.width or "", options.height or "")]
    return ["-resize", "256x256>"] if target == "ico" else []


def _look(options, target):
    words = []
    if options.background or target in _NO_TRANSPARENCY:
        words += ["-background", _colour(options.background or "white"), "-alpha", "remove", "-alpha", "off"]
    if options.grey:
        words += ["-colorspace", "Gray"]
    return words + ([] if options.quality is None else ["-quality", str(max(1, min(100, options.quality)))])


def _colour(text):
    bare = text[1:] if text.startswith("#") else text
    if not bare.isalnum() or len(text) > 32:
        raise BrokenFile("A colour is a name, or #RRGGBB.")
    return text
