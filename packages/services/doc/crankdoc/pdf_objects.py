"""The objects of a PDF, as qpdf's JSON (version 2) gives them."""

import json

from .errors import BrokenFile, ToolFailed
from .pages import qpdf

#: Keys that make a reader do something, and what that is (ISO 32000-1, 12.6).
ACTIVE = {
    "/JS": "JavaScript", "/JavaScript": "JavaScript", "/Launch": "starts a program", "/OpenAction": "does something when it is opened",
    "/AA": "does something on events", "/RichMedia": "Flash or other media", "/XFA": "a form in XML with scripts",
    "/SubmitForm": "sends a form", "/ImportData": "fetches data", "/GoToR": "opens another file", "/EmbeddedFiles": "embedded files",
    "/EmbeddedFile": "embedded files", "/URI": "a link",
}  # fmt: skip


def read(given):
    """(qpdf's facts, objects by name, trailer). Raises BrokenFile."""
    try:
        # Names may have bytes that are no UTF-8 (ISO 32000-1, 7.3.5); they go back as they came (pages.updated).
        said = json.loads(qpdf("--json=2", "--json-stream-data=none", given).decode("utf-8", "surrogateescape"))
    except ToolFailed as problem:
        raise BrokenFile("This PDF cannot be read: %s" % problem) from None
    facts, objects = said["qpdf"]
    return facts, objects, objects.get("trailer", {}).get("value", {})


def dictionaries(value):
    """Every dictionary in an object, itself included."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def active(objects):
    """The names in ACTIVE that occur: as keys, or as the kind of an action (/S) or of an annotation."""
    found = set()
    for entry in objects.values():
        for one in dictionaries(entry):
            # An /OpenAction that is an array only says where to begin.
            found.update(key for key, value in one.items() if key in ACTIVE and not (key == "/OpenAction" and isinstance(value, list)))
            found.update(value for key in ("/S", "/Subtype", "/Type") if (value := str(one.get(key, ""))) in ACTIVE)
    return found


def resolve(objects, value):
    """What a reference such as `12 0 R` stands for."""
    if isinstance(value, str) and value.endswith(" R"):
        entry = objects.get("obj:" + value, {})
        return entry.get("value", entry.get("stream", {}).get("dict"))
    return value


def text_of(value):
    """A text string of qpdf's JSON: u:TEXT, or b:HEX."""
    if isinstance(value, str) and value.startswith("u:"):
        return value[2:].encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, str) and value.startswith("b:"):
        return bytes.fromhex(value[2:]).decode("latin-1")
    return str(value).encode("utf-8", "replace").decode("utf-8")
