"""Decoders for arrays and objects: list, tuple, set, deque, dict and their kin, and unions."""

from . import jsontext
from .decoder import Decoder, expected, kind
from .errors import InvalidInput
from .scalars import AnyDecoder, Bool, Float, Int, Null, Str


class Array(Decoder):
    """An array of one kind of item. `make` builds the Python value from a list; None leaves the list."""

    def __init__(self, item, make=None, unique=False, text=False):
        self._item = item
        self._make = make
        self._unique = unique
        # A Python string is a sequence of strings too: `Sequence[str]` and `Iterable` take one.
        self._text = text
        self.files = item.files
        if make is None and item.passes >= AnyDecoder.passes:
            self.passes = frozenset((list,))

    def children(self):
        return (self._item,)

    def decode(self, value):
        if type(value) is not list:
            if self._text and type(value) is str:
                return value
            if self.files and kind(value) == "a file":
                value = [value]
            else:
                raise expected("an array", value)
        item, items = self._item, value
        if not item.passes.issuperset(map(type, value)):
            decode, items = item.decode, []
            try:
                for part in value:
                    items.append(decode(part))
            except InvalidInput as error:
                raise error.within(len(items))
        if self._make is None:
            return items
        try:
            made = self._make(items)
            if self._unique and len(made) != len(items):
                raise InvalidInput("the items must differ from one another")
            return made
        except (TypeError, ValueError, OverflowError) as error:  # an unhashable item of a set, a byte beyond 255
            raise InvalidInput(str(error)) from None

    def schema(self, defs):
        schema = {"type": "array", "items": self._item.schema(defs)}
        if self._unique:
            schema["uniqueItems"] = True
        if self._text:
            return {"anyOf": [schema, {"type": "string"}]}
        return schema


class Tuple(Decoder):
    """A tuple of fixed length. `bare` where the annotation has no items: any length."""

    def __init__(self, items):
        self._items = items
        self.files = any(item.files for item in items)

    def children(self):
        return self._items

    def decode(self, value):
        if type(value) is not list:
            raise expected("an array", value)
        if len(value) != len(self._items):
            raise InvalidInput("expected %d items, got %d" % (len(self._items), len(value)))
        parts = []
        try:
            for item, part in zip(self._items, value):
                parts.append(item.decode(part))
        except InvalidInput as error:
            raise error.within(len(parts))
        return tuple(parts)

    def schema(self, defs):
        schema = {"type": "array", "minItems": len(self._items), "maxItems": len(self._items)}
        if self._items:
            schema["prefixItems"] = [item.schema(defs) for item in self._items]
            schema["items"] = False
        return schema


class Range(Decoder):
    """A range: the array of its numbers, which are evenly spaced."""

    def decode(self, value):
        numbers = Array(Int()).decode(value)
        if len(numbers) < 2:
            return range(numbers[0], numbers[0] + 1) if numbers else range(0)
        step = numbers[1] - numbers[0]
        if step:
            made = range(numbers[0], numbers[-1] + (1 if step > 0 else -1), step)
            if len(made) == len(numbers) and all(a == b for a, b in zip(made, numbers)):
                return made
        raise InvalidInput("expected evenly spaced integers")

    def schema(self, defs):
        return {"type": "array", "items": {"type": "integer"}}


class Mapping(Decoder):
    """A dict. String keys: an object. Other scalar keys: an object whose keys are their JSON text. Others: pairs."""

    def __init__(self, key, value, make=None):
        self._key = key
        self._value = value
        self._make = make
        self._any_key = isinstance(key, AnyDecoder)
        self._plain_keys = self._any_key or isinstance(key, Str)
        self._pairs = not self._any_key and not key.scalar
        self.files = False
        if make is None and self._plain_keys and value.passes >= AnyDecoder.passes:
            self.passes = frozenset((dict,))

    def children(self):
        return (self._key, self._value)

    def _decode_key(self, text):
        try:
            return self._key.decode(text)
        except InvalidInput as refused:
            try:
                return self._key.decode(jsontext.parse(text.encode("utf-8", "surrogatepass")))
            except InvalidInput:
                raise refused from None

    def _entries(self, value):
        if self._pairs:
            if type(value) is not list:
                raise expected("an array of [key, value] pairs", value)
            for at, pair in enumerate(value):
                if type(pair) is not list or len(pair) != 2:
                    raise InvalidInput("expected a pair [key, value]", "/%d" % at)
                try:
                    key = self._key.decode(pair[0])
                except InvalidInput as error:
                    raise error.within(0).within(at)
                yield "%d/1" % at, key, pair[1]
            return
        if type(value) is not dict:
            raise expected("an object", value)
        for name, part in value.items():
            try:
                yield name, (name if self._plain_keys else self._decode_key(name)), part
            except InvalidInput as error:
                raise error.within(name)

    def decode(self, value):
        if self._make is None and self._plain_keys and type(value) is dict:
            if self._value.passes.issuperset(map(type, value.values())):
                return value
        decoded, decode = {}, self._value.decode
        for token, key, part in self._entries(value):
            try:
                if key in decoded:
                    raise InvalidInput("the key %r is there twice" % (key,))
                decoded[key] = decode(part)
            except InvalidInput as error:
                if self._pairs:
                    error.pointer = "/" + token + error.pointer
                    raise
                raise error.within(token)
            except TypeError as error:  # an unhashable key
                raise InvalidInput(str(error), "/" + token.partition("/")[0]) from None
        return decoded if self._make is None else self._make(decoded)

    def schema(self, defs):
        if self._pairs:
            pair = {
                "type": "array",
                "prefixItems": [self._key.schema(defs), self._value.schema(defs)],
                "items": False,
                "minItems": 2,
                "maxItems": 2,
            }
            pairs = {"type": "array", "items": pair}
            # What is written goes by the value, and an empty dict shows no keys.
            return {"anyOf": [pairs, {"type": "object", "maxProperties": 0}]} if defs.output else pairs
        values = self._value.schema(defs)
        schema = {"type": "object"}
        if values:
            schema["additionalProperties"] = values
        if self._any_key and defs.output:
            return {"anyOf": [schema, {"type": "array"}]} if values else {"type": ["object", "array"]}
        return schema


class Union(Decoder):
    """The first member that takes the value, from left to right; a number with a point prefers a float member."""

    def __init__(self, members):
        # Any takes everything: it comes last, so that the others get their chance.
        self._members = sorted(members, key=lambda member: isinstance(member, AnyDecoder))
        self._float = next((member for member in self._members if isinstance(member, Float)), None)
        self.files = any(member.files for member in members)
        self.scalar = all(member.scalar for member in members)
        if all(type(member) in (Null, Bool, Int, Str) for member in members):
            self.passes = frozenset().union(*(member.passes for member in members))

    def children(self):
        return tuple(self._members)

    def decode(self, value):
        if self._float is not None and isinstance(value, float):
            return self._float.decode(value)
        errors = []
        for member in self._members:
            try:
                return member.decode(value)
            except InvalidInput as error:
                errors.append(error)
        # The error that lies deepest belongs to the member that fits best.
        deepest = max(errors, key=lambda error: error.pointer.count("/"))
        if deepest.pointer:
            raise deepest
        raise InvalidInput("; or ".join(dict.fromkeys(error.message for error in errors)))

    def schema(self, defs):
        schemas = []
        for member in self._members:
            schema = member.schema(defs)
            if schema == {}:
                return {}
            for part in schema["anyOf"] if set(schema) == {"anyOf"} else [schema]:
                if part not in schemas:
                    schemas.append(part)
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def optional(decoder):
    """The same, or null."""
    return Union([decoder, Null()])
