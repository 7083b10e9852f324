"""A document built anew without anything that acts."""

import re

from . import check, facts, package, pages, routes, work
from .detect import detect
from .errors import BrokenFile, UnsupportedFile
from .formats import FORMATS
from .pdf_objects import ACTIVE, active, dictionaries, read
from .pdf import pages_of

#: How a format is built anew: to another one and back, through what cannot carry anything active.
_THROUGH = {"doc": "odt", "xls": "ods", "ppt": "odp", "rtf": "odt", "docx": "odt", "xlsx": "ods", "pptx": "odp"}
_THROUGH.update(odt="docx", ods="xlsx", odp="pptx", fodt="docx", fods="xlsx", fodp="pptx")
_ACTIVE_PARTS = re.compile(r"(?i).*vbaproject.*|.*activex.*|.*/embeddings/.*|basic/.*|scripts/.*|object .*|.*/macros?/.*|.*oleobject.*")


def sanitize(file):
    """The path of the new file, checked: nothing active is found in it. Raises UnsupportedFile, BrokenFile."""
    source = detect(file)
    kind = FORMATS[source].kind
    if source == "pdf":
        out = _pdf(file)
    elif source in _THROUGH:
        out = _office(file, source)
    elif kind == "picture" and source != "svg":
        return facts.strip(file)
    else:
        raise UnsupportedFile("%s cannot be built anew here; PDF, office documents and pictures can." % source)
    left = [one for one in check.check(out).findings if one.code in ("macros", "active-content", "embedded-files")]
    if left:
        raise BrokenFile("Something active is left in it: %s" % left[0].message)
    return work.deliver(out, file, FORMATS[source].extension)


def _pdf(file):
    """The keys that act are taken out of every object; what they named is no longer reached, and not written."""
    given = work.staged(file, "pdf")
    facts_, objects, _ = read(given)
    changed = {}
    for name, entry in objects.items():
        if not active({name: entry}):
            continue
        for one in dictionaries(entry):
            for key in [key for key in one if key in ACTIVE]:
                del one[key]
            if str(one.get("/S", "")) in ACTIVE:
                one.clear()
            elif str(one.get("/Subtype", "")) in ACTIVE:
                del one["/Subtype"]
        part = {"stream": {"dict": entry["stream"]["dict"]}} if "stream" in entry else {"value": entry["value"]}
        changed[name] = part
    out = pages.updated(given, facts_, changed) if changed else pages.rebuilt(given, "--decrypt")
    pages_of(out)
    return out


def _office(file, source):
    at = file
    for here, there in ((source, _THROUGH[source]), (_THROUGH[source], source)):
        for step in routes.route(here, there):
            at = step.convert(at, step.source, step.target, None)
    if source not in ("docx", "xlsx", "pptx", "odt", "ods", "odp"):
        return at
    parts = list(package.parts(at))
    if any(_ACTIVE_PARTS.fullmatch(info.filename) for info, _ in parts):
        raise BrokenFile("Embedded objects survived: the document cannot be built anew without them.")
    return at
