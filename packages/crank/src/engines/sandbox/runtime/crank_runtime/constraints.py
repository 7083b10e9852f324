"""`Annotated[type, ...]`: descriptions, and bounds by the attribute names of the package annotated-types."""

import re

from .decoder import Decoder
from .schema import Definitions

_BOUNDS = (
    ("ge", "minimum"),
    ("le", "maximum"),
    ("gt", "exclusiveMinimum"),
    ("lt", "exclusiveMaximum"),
    ("multiple_of", "multipleOf"),
)
_CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]{1,64}/[\w!#$&^.+-]{1,64}(?:; ?[\w-]{1,32}=[\w.-]{1,64})?", re.ASCII)


class Constrained(Decoder):
    """A decoder with more said of it. The gateway holds the bounds; the decoder within holds the type."""

    def __init__(self, inner, keywords):
        self._inner = inner
        self._keywords = keywords
        self.files = inner.files
        self.scalar = inner.scalar
        self.passes = inner.passes
        self.decode = inner.decode

    def children(self):
        return (self._inner,)

    def schema(self, defs):
        schema = dict(self._inner.schema(defs))
        bounds = {key: value for key, value in self._keywords.items() if key != "description"}
        if bounds and "anyOf" in schema:  # a float: the bounds are for its numbers
            parts = [dict(part, **bounds) if part.get("type") == "number" else part for part in schema["anyOf"]]
            schema["anyOf"] = parts
            bounds = {}
        schema.update(bounds)
        if "description" in self._keywords:
            schema["description"] = self._keywords["description"]
        return schema


def is_content_type(text):
    return isinstance(text, str) and _CONTENT_TYPE.fullmatch(text) is not None


def constrained(decoder, metadata):
    """The decoder with what the metadata says; itself where that is nothing."""
    keywords = {}
    for extra in metadata:
        if isinstance(extra, str):
            if not is_content_type(extra):
                keywords["description"] = extra
            continue
        documentation = getattr(extra, "documentation", None)  # typing_extensions.Doc, PEP 727
        if isinstance(documentation, str):
            keywords["description"] = documentation
        for attribute, keyword in _BOUNDS:
            bound = getattr(extra, attribute, None)
            if type(bound) in (int, float):
                keywords[keyword] = bound
        for attribute, keyword in zip(("min_length", "max_length"), _size_keywords(decoder)):
            bound = getattr(extra, attribute, None)
            if type(bound) is int:
                keywords[keyword] = bound
    return Constrained(decoder, keywords) if keywords else decoder


def _size_keywords(decoder):
    kind = decoder.schema(Definitions()).get("type")
    return {
        "string": ("minLength", "maxLength"),
        "array": ("minItems", "maxItems"),
        "object": ("minProperties", "maxProperties"),
    }.get(kind, ())
