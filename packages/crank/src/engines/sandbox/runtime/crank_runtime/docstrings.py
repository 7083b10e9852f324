"""Docstrings in Google, NumPy and Sphinx style: what an operation and its parameters are for."""

import re

_GOOGLE = re.compile(
    r"(args|arguments|parameters|params|keyword args|keyword arguments|other parameters|attributes|returns?|"
    r"yields?|raises|except|exceptions|warns|warnings?|notes?|examples?|see also|references?|todo|usage|receives|"
    r"doctests?|tests?)"
    r"\s*:\s*$",
    re.IGNORECASE,
)
_NUMPY = re.compile(
    r"(parameters|other parameters|attributes|returns|yields|receives|raises|warns|warnings|notes|examples?|see also|"
    r"references|methods)\s*$",
    re.IGNORECASE,
)
_PARAMETERS = frozenset(
    ("args", "arguments", "parameters", "params", "attributes")
    + ("keyword args", "keyword arguments", "other parameters")
)
_SPHINX = re.compile(r":(param|parameter|arg|argument|key|keyword)\s+(?:([^:]*?)\s+)?\*{0,2}(\w+)\s*:\s*(.*)")
_FIELD = re.compile(r"[:@](\w[\w ,.*\[\]]*):?(\s|$)")
_GOOGLE_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*(?:\([^)]*\)[^)]*)*\))?\s*:(?:\s+(.*)|$)")
_NUMPY_ENTRY = re.compile(r"(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?$")
_MAX = 4000


def clean(text):
    """A docstring's lines without their common indentation (PEP 257)."""
    lines = text.expandtabs().strip("\n").splitlines()
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(indents) if indents else 0
    cleaned = [line[margin:].rstrip() if at else line.strip() for at, line in enumerate(lines)]
    # A first line that is blank leaves the margin to the others.
    while cleaned and not cleaned[0]:
        cleaned.pop(0)
    while cleaned and not cleaned[-1]:
        cleaned.pop()
    if cleaned:
        cleaned[0] = cleaned[0].lstrip()
    return cleaned


def summary(text):
    """The first paragraph of a docstring, in one line."""
    if not isinstance(text, str):
        return ""
    lines = []
    for line in clean(text):
        if not line.strip() or line.lstrip().startswith(">>>"):
            break
        lines.append(line.strip())
    return " ".join(lines)[:_MAX]


def parse(text):
    """The description (summary and body without sections and examples) and the parameters' descriptions by name."""
    if not isinstance(text, str):
        return "", {}
    lines = clean(text)
    body, parameters = [], {}
    at = 0
    while at < len(lines):
        line = lines[at]
        following = lines[at + 1] if at + 1 < len(lines) else ""
        google, numpy = _GOOGLE.match(line), _NUMPY.match(line)
        if numpy and re.fullmatch(r"\s*-{3,}\s*", following):
            at = _numpy_section(lines, at + 2, numpy.group(1).lower(), parameters)
        elif google and not line.startswith(" "):
            at = _google_section(lines, at + 1, google.group(1).lower(), parameters)
        elif line.lstrip().startswith(":") and _FIELD.match(line.lstrip()):
            at = _sphinx_field(lines, at, parameters)
        elif line.lstrip().startswith(">>>"):
            at = _until_blank(lines, at)
        else:
            body.append(line)
            at += 1
    return _tidy(body), parameters


def _tidy(lines):
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return text[:_MAX]


def _until_blank(lines, at):
    while at < len(lines) and lines[at].strip():
        at += 1
    return at


def _indent(line):
    return len(line) - len(line.lstrip())


def _google_section(lines, at, name, parameters):
    """Reads the indented block below a heading; gives the index of the first line behind it."""
    first = next((line for line in lines[at:] if line.strip()), "")
    margin = _indent(first)
    entry = None
    while at < len(lines):
        line = lines[at]
        if line.strip() and _indent(line) < max(margin, 1):
            # An unindented block, such as doctests below "Examples:", belongs to the heading as far as it goes.
            if margin or name in _PARAMETERS or not line.startswith(">>>"):
                return at
            at = _until_blank(lines, at)
            continue
        if name in _PARAMETERS and line.strip():
            found = _GOOGLE_ENTRY.match(line.strip()) if _indent(line) == margin else None
            if found:
                entry = found.group(1)
                parameters[entry] = found.group(2) or ""
            elif entry:
                parameters[entry] = (parameters[entry] + " " + line.strip()).strip()[:_MAX]
        at += 1
    return at


def _numpy_section(lines, at, name, parameters):
    entries = ()
    while at < len(lines):
        line = lines[at]
        following = lines[at + 1] if at + 1 < len(lines) else ""
        if re.fullmatch(r"\s*-{3,}\s*", following) and line.strip():
            return at
        if name in ("parameters", "other parameters", "attributes") and line.strip():
            found = _NUMPY_ENTRY.match(line) if not line.startswith(" ") else None
            if found:
                entries = [part.strip().lstrip("*") for part in found.group(1).split(",")]
                parameters.update((entry, "") for entry in entries)
            else:
                for entry in entries:
                    parameters[entry] = (parameters[entry] + " " + line.strip()).strip()[:_MAX]
        at += 1
    return at


def _sphinx_field(lines, at, parameters):
    line = lines[at]
    found = _SPHINX.match(line.strip())
    texts = [found.group(4)] if found else []
    margin = _indent(line)
    at += 1
    while at < len(lines) and lines[at].strip() and _indent(lines[at]) > margin:
        texts.append(lines[at].strip())
        at += 1
    if found:
        parameters[found.group(3)] = " ".join(texts).strip()[:_MAX]
    return at
