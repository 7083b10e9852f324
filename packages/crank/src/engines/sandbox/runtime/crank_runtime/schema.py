"""JSON Schema 2020-12 documents with local definitions, in the keywords that the gateway admits."""

import re

from . import jsontext
from .errors import InvalidOutput

ADMITTED = frozenset(
    "type properties required additionalProperties items prefixItems minItems maxItems uniqueItems enum const anyOf "
    "oneOf allOf $ref $defs title description default format contentEncoding contentMediaType minimum maximum "
    "exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength examples propertyNames minProperties "
    "maxProperties deprecated".split()
)
# Keywords whose absence changes what is accepted; the others are remarks.
_ASSERTIONS = frozenset(
    "pattern not if then else dependentRequired dependentSchemas patternProperties contains minContains maxContains "
    "unevaluatedItems unevaluatedProperties $dynamicRef".split()
)


class Definitions:
    """The `$defs` of one document. `output`: schemas say what comes out rather than what may go in."""

    def __init__(self, output=False):
        self.output = output
        self.schemas = {}
        self._names = {}

    def ref(self, key, name, build):
        """A `$ref` to the definition known by `key`; `build()` makes it on first use, and may refer to it again."""
        if key not in self._names:
            base = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_") or "Type"
            unique, number = base, 2
            while unique in self.schemas:
                unique, number = "%s_%d" % (base, number), number + 1
            self._names[key] = unique
            self.schemas[unique] = {}
            self.schemas[unique] = build()
        return {"$ref": "#/$defs/" + self._names[key]}

    def document(self, schema):
        """The whole document: a root that is nothing but a reference is replaced by what it refers to."""
        root, defs = dict(schema), dict(self.schemas)
        while set(root) == {"$ref"}:
            name = root["$ref"][len("#/$defs/") :]
            root = dict(defs[name])
            if not _refers([root, [body for other, body in defs.items() if other != name]], "#/$defs/" + name):
                del defs[name]
        if defs:
            root["$defs"] = defs
        return root


def _refers(node, ref):
    if isinstance(node, dict):
        return node.get("$ref") == ref or any(_refers(child, ref) for child in node.values())
    return isinstance(node, list) and any(_refers(child, ref) for child in node)


#: What the gateway takes of one schema is a little more: it counts in its own way.
_MOST_CHARACTERS, _MOST_NODES, _MOST_LEVELS = 60000, 4500, 22
_DEFAULT_CHARACTERS = 2000
_LARGEST = 10**308


def fits(schema):
    """Whether a whole schema stays within what the gateway takes."""
    nodes, todo = 0, [(schema, 0)]
    while todo:
        node, level = todo.pop()
        nodes += 1
        if nodes > _MOST_NODES or level > _MOST_LEVELS:
            return False
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        todo.extend((child, level + 1) for child in inner if isinstance(child, (dict, list)))
    return len(jsontext.write(schema)) <= _MOST_CHARACTERS


def showable(value):
    """Whether a plain value may stand in a schema, as a default or a choice: small, and no number beyond a double."""
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, (dict, list)):
            todo.extend(part.values() if isinstance(part, dict) else part)
        elif isinstance(part, int) and not -_LARGEST < part < _LARGEST:
            return False
    try:
        return len(jsontext.write(value)) <= _DEFAULT_CHARACTERS
    except InvalidOutput:
        return False


def prune(schema, dropped):
    """A foreign schema without the keywords that the gateway doesn't admit; lost assertions are added to `dropped`."""
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key not in ADMITTED:
            if key in _ASSERTIONS:
                dropped.add(key)
        elif key in ("properties", "$defs"):
            kept[key] = {name: prune(child, dropped) for name, child in value.items()}
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            kept[key] = [prune(child, dropped) for child in value]
        elif key in ("items", "additionalProperties", "propertyNames"):
            kept[key] = prune(value, dropped)
        else:
            kept[key] = value
    return kept
