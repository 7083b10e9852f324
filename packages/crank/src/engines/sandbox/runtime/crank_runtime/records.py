"""Decoders for types with named fields: dataclass, TypedDict, NamedTuple, attrs, pydantic."""

import sys

from .decoder import Decoder, expected
from .errors import InvalidInput, InvalidOutput
from .schema import prune, showable
from .values import simplify


class Field:
    """One field. `default` is set where it has one that JSON can show (`has_default`)."""

    __slots__ = ("name", "decoder", "required", "description", "has_default", "default", "inward", "outward")

    def __init__(
        self, name, decoder, required, description=None, default=None, has_default=False, inward=True, outward=True
    ):
        self.name = name
        self.decoder = decoder
        self.required = required
        self.description = description
        self.default = default
        self.has_default = has_default
        #: False for what the constructor doesn't take (dataclasses.field(init=False)).
        self.inward = inward
        #: False for what only the constructor sees (dataclasses.InitVar).
        self.outward = outward


def field_schema(decoder, defs, description=None, default=None, has_default=False):
    """The schema of a field or parameter, with its description, and its default where that is JSON-able."""
    schema = dict(decoder.schema(defs))
    if description:
        schema["description"] = description
    if has_default:
        try:
            shown = simplify(default, files=False)
        except InvalidOutput:
            return schema  # such a default works all the same; there is only no way to show it
        if showable(shown):
            schema["default"] = shown
    return schema


class Record(Decoder):
    """An object with known members. `make(members)` builds the Python value from the decoded dict."""

    def __init__(self, name, description, make, always_present):
        self._name = name
        self._description = description
        self._make = make
        # What is written has every field (dataclass) or only those that are there (TypedDict).
        self._always_present = always_present
        self.fields = ()  # set once the fields are compiled: the type may refer to itself

    def children(self):
        return tuple(field.decoder for field in self.fields)

    def decode(self, value):
        if type(value) is not dict:
            raise expected("an object", value)
        members, found = {}, 0
        for field in self.fields:
            if not field.inward:
                continue
            if field.name in value:
                found += 1
                try:
                    members[field.name] = field.decoder.decode(value[field.name])
                except InvalidInput as error:
                    raise error.within(field.name)
            elif field.required:
                raise InvalidInput('"%s" is missing' % field.name)
        if found != len(value):
            names = {field.name for field in self.fields if field.inward}
            unknown = next(name for name in value if name not in names)
            raise InvalidInput("%s has no such member" % self._name).within(unknown)
        try:
            return self._make(members)
        except (TypeError, ValueError) as error:  # what __post_init__ and validators say of the input
            raise InvalidInput("%s: %s" % (self._name, error)) from None

    def schema(self, defs):
        return defs.ref(id(self), self._name, lambda: self._body(defs))

    def _body(self, defs):
        schema = {"type": "object", "title": self._name}
        if self._description:
            schema["description"] = self._description
        fields = [field for field in self.fields if (field.outward if defs.output else field.inward)]
        schema["properties"] = {
            field.name: field_schema(
                field.decoder, defs, field.description, field.default, field.has_default and not defs.output
            )
            for field in fields
        }
        required = [f.name for f in fields if f.required or (defs.output and self._always_present)]
        if required:
            schema["required"] = required
        if not defs.output:  # a subclass may show more
            schema["additionalProperties"] = False
        return schema


class Pydantic(Decoder):
    """A pydantic model (1 or 2): its own validation, its own schema."""

    def __init__(self, model, warn):
        self._model = model
        self._two = hasattr(model, "model_validate")
        self._schemas = {}
        self._warn = warn

    def decode(self, value):
        try:
            return self._model.model_validate(value) if self._two else self._model.parse_obj(value)
        except ValueError as error:  # pydantic's ValidationError is one
            raise _first(error) from None

    def _generate(self, output):
        if not self._two:
            import copy  # pydantic keeps what it gave, and gives it again

            return _with_null(self._model, copy.deepcopy(self._model.schema(ref_template="#/$defs/{model}")))
        mode = "serialization" if output else "validation"
        return self._model.model_json_schema(mode=mode, ref_template="#/$defs/{model}", by_alias=not output)

    def schema(self, defs):
        try:
            return adopt(self._generate(defs.output), defs, self._warn)
        except Exception as error:  # the model is the user's, and so is what its schema hooks raise
            self._warn("pydantic cannot describe %s: %s" % (self._model.__name__, str(error)[:300]))
            return {"type": "object"}


def _with_null(model, generated):
    """pydantic 1 leaves it out of a schema that a field may be None."""
    naming = sys.modules["pydantic.schema"]
    names = naming.get_model_name_map(naming.get_flat_models_from_model(model))
    bodies = dict(generated.get("definitions", {}))
    bodies.setdefault(names[model], generated)
    for one, name in names.items():
        for field in getattr(one, "__fields__", {}).values():
            properties = bodies.get(name, {}).get("properties", {})
            if field.allow_none and field.alias in properties:
                known = properties[field.alias]
                about = {key: known.pop(key) for key in ("title", "description", "default") if key in known}
                properties[field.alias] = dict({"anyOf": [known, {"type": "null"}]} if known else {}, **about)
    return generated


class Adapted(Decoder):
    """An annotation that pydantic 2 understands best: its own types, `Annotated[..., Field(...)]` with validators."""

    def __init__(self, adapter, warn):
        self._adapter = adapter
        self._warn = warn

    def decode(self, value):
        try:
            return self._adapter.validate_python(value)
        except ValueError as error:
            raise _first(error) from None

    def schema(self, defs):
        mode = "serialization" if defs.output else "validation"
        generated = self._adapter.json_schema(mode=mode, ref_template="#/$defs/{model}")
        return adopt(generated, defs, self._warn)


def _first(error):
    try:
        first = error.errors()[0]
    except (AttributeError, IndexError):
        return InvalidInput(str(error))
    refused = InvalidInput(str(first.get("msg", "not valid")))
    for token in reversed(first.get("loc", ())):
        refused.within(token)
    return refused


def adopt(generated, defs, warn):
    """Takes a generated schema and its definitions over into `defs`, less what is not admitted, with a warning."""
    dropped = set()
    inner = generated.pop("$defs", None) or generated.pop("definitions", None) or {}

    def rename(node):
        if isinstance(node, list):
            return [rename(child) for child in node]
        if not isinstance(node, dict):
            return node
        ref = node.get("$ref")
        if isinstance(ref, str) and ref.startswith("#/$defs/") and ref[8:] in inner:
            name = ref[8:]
            # The key holds the body, so that equal models of several parameters share one definition.
            key = (name, repr(inner[name]))
            return dict(node, **defs.ref(key, name, lambda: prune(rename(inner[name]), dropped)))
        return {name: rename(child) for name, child in node.items()}

    schema = prune(rename(generated), dropped)
    if dropped:
        warn("the schema loses %s of %s; pydantic still checks it inside" % (
            ", ".join(sorted(dropped)), generated.get("title", "a type")))  # fmt: skip
    return schema
