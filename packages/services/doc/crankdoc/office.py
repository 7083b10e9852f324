"""Conversions of office documents, by a LibreOffice that was started once, before any call, and is copied for each."""

import os

from . import office_kit, tools, work
from .errors import BrokenFile
from .formats import extension
from .office_filters import PROGRAMS
from .run import made

#: What Basic says where `loadComponentFromURL` gave nothing.
_NOT_LOADED = "Object variable not set"


def convert(file, source, target, options=None):
    """The path of the result. Raises BrokenFile."""
    tools.demand("libreoffice")
    reads, writes = next(both for both in PROGRAMS if source in both[0] and target in both[1])
    given = work.staged(file, extension(source))
    out = given.with_name("out." + extension(target))
    try:
        office_kit.convert(given, reads[source], out, writes[target])
    except office_kit.ConversionFailed as problem:
        why = "it is damaged, or needs a password" if _NOT_LOADED in str(problem) else problem
        raise BrokenFile("LibreOffice cannot make %s of this %s: %s." % (target, source, why)) from None
    return made(out, "LibreOffice")


def start():
    """Before the first call: the service goes on without LibreOffice where it does not start."""
    path = tools.FOUND.get("libreoffice")
    if path is None:
        return
    program = os.path.dirname(path)
    if office_kit.works(program):
        office_kit.start(program)
    else:
        tools.unusable("libreoffice")
