"""Conversions between texts, by pandoc."""

import os
import re

from . import tools, work
from .errors import UnsupportedConversion
from .formats import PANDOC_IN, PANDOC_OUT, extension
from .options import Markup
from .run import made, run

#: Ours for pandoc's. `text` is read as what it is, lines of text, by LibreOffice.
_BOTH = {name: name for name in ("html", "docx", "odt", "epub", "rtf")}
INPUTS = {**_BOTH, **{name: name for name in PANDOC_IN}, "csv": "csv"}
OUTPUTS = {**_BOTH, **{name: name for name in PANDOC_OUT}, "text": "plain", "pptx": "pptx"}
#: For these, Debian's pandoc reads files of its own, which its --sandbox forbids. Ours holds.
_NEED_DATA = {"docx", "odt", "epub", "epub2", "epub3", "pptx"}
_BINARY = _NEED_DATA
_EXTENSION = re.compile(r"[+-][a-z0-9_]+")
_FLAGS = (
    "standalone toc number_sections preserve_tabs ascii reference_links section_divs citeproc no_highlight incremental strip_comments"
).split()
_VALUES = (
    "toc_depth wrap columns tab_stop markdown_headings top_level_division track_changes email_obfuscation highlight_style slide_level "
    "id_prefix title_prefix indented_code_classes default_image_extension"
).split()


def convert(file, source, target, options):
    """The path of the result. Raises ToolFailed."""
    tools.demand("pandoc")
    given = work.staged(file, extension(source))
    out = given.with_name("out." + extension(target))
    # A fragment of RTF is no file that anything opens.
    words = arguments(source, target, options or Markup(standalone=target == "rtf"))
    run(tools.FOUND["pandoc"], *words, "--output", out, "--", given, environment={"HOME": str(given.parent)})
    # An empty text is a text.
    return made(out, "pandoc") if target in _BINARY else _present(out)


def arguments(source, target, options):
    """pandoc's command line for typed options, one word each."""
    reader = INPUTS[source] + _extensions(options.from_extensions)
    writer = OUTPUTS[target] + _extensions(options.to_extensions)
    words = ["--from", reader, "--to", writer] + ([] if target in _NEED_DATA else ["--sandbox"])
    words += ["--" + name.replace("_", "-") for name in _FLAGS if getattr(options, name)]
    for name in _VALUES:
        value = getattr(options, name)
        if value is not None:
            words.append("--%s=%s" % (name.replace("_", "-"), value))
    if options.shift_headings is not None:
        words.append("--shift-heading-level-by=%d" % options.shift_headings)
    if options.math is not None:
        words.append("--" + options.math)
    words += ["--metadata=%s:%s" % pair for pair in options.metadata.items()]
    words += ["--variable=%s:%s" % pair for pair in options.variables.items()]
    return words


def _extensions(given):
    for one in given:
        if _EXTENSION.fullmatch(one) is None:
            raise UnsupportedConversion("%r is no extension: write +NAME or -NAME, such as +emoji." % one[:80])
    return "".join(given)


def _present(path):
    if not os.path.exists(path):
        path.touch()
    return path
