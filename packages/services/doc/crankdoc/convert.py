"""A conversion from end to end: what the file is, the way to the target, and each step of it."""

from . import routes, work
from .detect import source_of
from .errors import UnsupportedConversion
from .formats import extension
from .options import Options


def convert(file, to, source, options):
    """The path of the result, in the work folder."""
    options = options or Options()
    steps = routes.route(source_of(file, source), to)
    groups = {step.group for step in steps}
    for name in options.given():
        if name not in groups:
            way = ", then ".join("%s (to %s)" % (step.by, step.target) for step in steps)
            raise UnsupportedConversion("The options %r have no effect here: this conversion is %s." % (name, way), "options", name)
    at = file
    for step in steps:
        at = step.convert(at, step.source, step.target, getattr(options, step.group, None) if step.group else None)
    return work.deliver(at, file, extension(to))
