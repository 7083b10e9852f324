"""Which tool leads from one format to another, and how several of them together do."""

import heapq
from typing import Callable, NamedTuple

from . import media, office, pandoc, pdf, picture, recognise, tools
from .errors import UnsupportedConversion, UnsupportedFile
from .office_filters import PROGRAMS


class Step(NamedTuple):
    source: str
    target: str
    by: str
    #: The group of options (options.py) that it understands.
    group: str
    convert: Callable
    cost: int


#: More steps lose more than they give.
MOST_STEPS = 3


def _all_steps():
    """The lower the cost, the more of a document survives. Made once, when the service is loaded."""
    there = tools.FOUND
    if "pandoc" in there:
        yield from _every(pandoc.INPUTS, pandoc.OUTPUTS, "pandoc", "markup", pandoc.convert, 10)
    if "libreoffice" in there:
        for inputs, outputs in PROGRAMS:
            plain = [name for name in inputs if name in ("text", "html")]
            yield from _every([name for name in inputs if name not in plain], outputs, "libreoffice", "", office.convert, 12)
            yield from _every(plain, outputs, "libreoffice", "", office.convert, 18)
    if "poppler" in there:
        yield from _every(["pdf"], pdf.OUTPUTS, "poppler", "picture", pdf.convert, 30)
    if "imagemagick" in there:
        yield from _every(picture.INPUTS, picture.OUTPUTS, "imagemagick", "picture", picture.convert, 10)
        yield from _every(picture.INPUTS, ["pdf"], "imagemagick", "picture", pdf.from_picture, 60)
    if "ffmpeg" in there:
        sound = [name for name in media.INPUTS if name != "gif"]
        yield from _every(sound, media.SOUND, "ffmpeg", "media", media.convert, 10)
        moving = [name for name in media.INPUTS if name not in media.SOUND]
        yield from _every(moving, media.VIDEO, "ffmpeg", "media", media.convert, 50)
        yield from _every([name for name in moving if name != "gif"], ["png"], "ffmpeg", "", media.frame, 40)
    if "tesseract" in there and "imagemagick" in there:
        yield from _every(picture.INPUTS, ["text"], "tesseract", "", recognise.convert, 60)


def _every(sources, targets, by, group, convert, cost):
    for source in sources:
        for target in targets:
            yield Step(source, target, by, group, convert, cost)


_STEPS = {}


def load():
    """Once the tools are known (office.start may find that one does not work)."""
    _STEPS.clear()
    for step in _all_steps():
        known = _STEPS.setdefault(step.source, {})
        if step.target not in known or step.cost < known[step.target].cost:
            known[step.target] = step


def sources():
    return sorted(_STEPS)


def targets():
    return sorted({target for steps in _STEPS.values() for target in steps})


def reachable(source):
    """Formats that a source can become, the ones that need fewest steps first."""
    return sorted(_cheapest(source))


def route(source, target):
    """The steps. Raises UnsupportedConversion that names what is possible, UnsupportedFile."""
    direct = _STEPS.get(source, {}).get(target)
    if direct is not None:
        return [direct]
    found = _cheapest(source).get(target)
    if found is not None:
        return found
    possible = reachable(source)
    if not possible:
        raise UnsupportedFile("Nothing here reads %s. Formats that can be converted: %s." % (source, ", ".join(sources())))
    raise UnsupportedConversion("%s cannot become %s here. It can become: %s." % (source, target, ", ".join(possible)), "to")


def _cheapest(source):
    """The cheapest chain to each format (Dijkstra, with few steps)."""
    best, queue, number = {}, [(0, 0, source, [])], 0
    while queue:
        cost, _, at, chain = heapq.heappop(queue)
        if at in best or (at == source and chain):
            continue
        if chain:
            best[at] = chain
        if len(chain) < MOST_STEPS:
            for step in _STEPS.get(at, {}).values():
                if step.target not in best:
                    number += 1
                    heapq.heappush(queue, (cost + step.cost, number, step.target, [*chain, step]))
    return best
