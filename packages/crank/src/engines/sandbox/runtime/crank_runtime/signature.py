"""What a function takes: its parameters compiled, and a call's arguments bound to them."""

import sys

from .annotations import Inexpressible, nullable
from .containers import Array, Mapping
from .decoder import Decoder, every
from .errors import InvalidInput
from .fields import form_name
from .files import FileRef, takes_files
from .records import Record, field_schema
from .resolve import Unresolvable, annotations_of
from .scalars import AnyDecoder
from .schema import Definitions

_ARGS, _KWARGS = 0x04, 0x08  # inspect.CO_VARARGS, CO_VARKEYWORDS
POSITIONAL, NORMAL, KEYWORD, VAR_POSITIONAL, VAR_KEYWORD = range(5)


class Parameter:
    """One parameter that callers fill in. `has_default`: left out, it is what `default` says."""

    __slots__ = ("name", "kind", "decoder", "required", "default", "has_default", "description")

    def __init__(self, name, kind, decoder, required, default, has_default, description):
        self.name = name
        self.kind = kind
        self.decoder = decoder
        self.required = required
        self.default = default
        self.has_default = has_default
        self.description = description


class Hint(Decoder):
    """A parameter without annotation whose default or examples show what to make of JSON: tried, never insisted on."""

    def __init__(self, inner):
        self._inner = inner

    def decode(self, value):
        if type(value) is FileRef and not self._inner.files:
            return value.place()
        try:
            return self._inner.decode(value)
        except InvalidInput:
            return value

    def schema(self, defs):
        return {}


class Signature:
    """The parameters of one function. `platform`: names that the platform fills. `body`: what takes the whole input."""

    def __init__(self, parameters, platform, body):
        self.parameters = parameters
        self.platform = platform
        self.body = body
        self._by_name = {p.name: p for p in parameters if p.kind not in (VAR_POSITIONAL, VAR_KEYWORD)}
        self._rest = next((p for p in parameters if p.kind == VAR_KEYWORD), None)
        self._ordered = [p for p in parameters if p.kind in (POSITIONAL, NORMAL)]
        self._more = next((p for p in parameters if p.kind == VAR_POSITIONAL), None)
        self._positional_only = any(p.kind == POSITIONAL for p in parameters)
        self.files = [p.name for p in parameters if takes_files(p.decoder) and p is not self._rest]
        self.exact = any(part.exact for p in parameters for part in every(p.decoder))

    def schema(self, defs):
        """The input schema: an object of the arguments by name, or the body's own."""
        if self.body is not None:
            return self.body.decoder.schema(defs)
        properties, required = {}, []
        for parameter in self.parameters:
            if parameter is self._rest:
                continue
            properties[parameter.name] = field_schema(
                parameter.decoder, defs, parameter.description, parameter.default, parameter.has_default
            )
            if parameter.required:
                required.append(parameter.name)
        schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        schema["additionalProperties"] = False if self._rest is None else self._rest.decoder.schema(defs) or True
        return schema

    def add_files(self, arguments, files):
        """Puts files that came beside the JSON in their parameters' places."""
        if files and type(arguments) is not dict:
            raise InvalidInput("files come beside a JSON object of arguments only")
        for name in dict.fromkeys(parameter for parameter, _, _ in files):
            given = [FileRef(file, path) for parameter, file, path in files if parameter == name]
            parameter = self._by_name.get(name) or (self._more if self._more and self._more.name == name else None)
            if self.body is None:
                if parameter is None and self._rest is None:
                    raise InvalidInput("there is no such parameter").within(name)
                decoder = (parameter or self._rest).decoder
                if not takes_files(decoder) and not isinstance(decoder, (AnyDecoder, Hint)):
                    raise InvalidInput("this parameter takes no file").within(name)
            if name in arguments:
                raise InvalidInput("given twice: in the JSON and as a file").within(name)
            several = len(given) > 1 or (parameter is self._more and parameter is not None)
            if self.body is not None and isinstance(self.body.decoder, (AnyDecoder, Mapping)):
                given = [file.place() for file in given]
            arguments[name] = given if several else given[0]

    def bind(self, arguments):
        """Positional and keyword arguments for the function, decoded. Raises InvalidInput."""
        if self.body is not None:
            return [], {self.body.name: self.body.decoder.decode(arguments)}
        if type(arguments) is not dict:
            raise InvalidInput("expected an object of arguments by parameter name")
        values, rest = {}, {}
        for name, value in arguments.items():
            parameter = self._by_name.get(name)
            try:
                if parameter is not None:
                    values[name] = parameter.decoder.decode(value)
                elif self._more is not None and name == self._more.name:
                    values[name] = self._more.decoder.decode(value)
                elif self._rest is not None and name not in self.platform:
                    rest[name] = self._rest.decoder.decode(value)
                else:
                    raise InvalidInput("there is no such parameter")
            except InvalidInput as error:
                raise error.within(name)
        for parameter in self.parameters:
            if parameter.required and parameter.name not in values:
                raise InvalidInput('the argument "%s" is missing' % parameter.name)
        args = self._positionals(values)
        values.update(rest)
        return args, values

    def _positionals(self, values):
        """Takes out of `values` what must go by position, the defaults of what is left out before it included."""
        more = list(values.pop(self._more.name, ())) if self._more is not None else []
        if not more and not self._positional_only:
            return []
        last = -1
        for at, parameter in enumerate(self._ordered):
            if more or (parameter.kind == POSITIONAL and parameter.name in values):
                last = at
        taken = self._ordered[: last + 1]
        return [values.pop(p.name) if p.name in values else p.default for p in taken] + more


class _Left(Exception):
    """A parameter that cannot be filled from outside, and needn't be."""


def read(function, described, compiler, platform_names, classic, warn, examples=()):
    """The signature of a function.

    `described`: descriptions by name. `platform_names`: the names the platform fills. `classic`: a parameter
    `input_data` that stands alone beside those is the whole input. `warn(message)` is told what was left out.
    `examples`: what the docstring shows (shown.py).
    Raises Inexpressible where a parameter that must be given has no JSON form.
    """
    code = function.__code__
    names = code.co_varnames
    count, keywords = code.co_argcount, code.co_kwonlyargcount
    kinds = [(n, POSITIONAL if at < code.co_posonlyargcount else NORMAL) for at, n in enumerate(names[:count])]
    at = count + keywords
    if code.co_flags & _ARGS:
        kinds.append((names[at], VAR_POSITIONAL))
        at += 1
    kinds += [(name, KEYWORD) for name in names[count : count + keywords]]
    if code.co_flags & _KWARGS:
        kinds.append((names[at], VAR_KEYWORD))
    defaults = dict(zip(names[count - len(function.__defaults__ or ()) : count], function.__defaults__ or ()))
    defaults.update(function.__kwdefaults__ or {})
    annotations, scope = annotations_of(function), scope_of(function)
    given = _shown(examples, kinds, platform_names)
    parameters = []
    for name, kind in kinds:
        if name in platform_names:
            continue
        try:
            decoder = _decoder(name, kind, annotations, defaults, scope, compiler, warn, given.get(name))
        except _Left:
            continue
        if kind == VAR_KEYWORD and isinstance(decoder, Record) and _unpacks(annotations[name]):
            parameters += [
                Parameter(f.name, KEYWORD, f.decoder, f.required, None, False, f.description or described.get(f.name))
                for f in decoder.fields
            ]
            continue
        required = name not in defaults and kind not in (VAR_POSITIONAL, VAR_KEYWORD)
        default = defaults.get(name)
        parameters.append(Parameter(name, kind, decoder, required, default, name in defaults, described.get(name)))
    alone = classic and len(parameters) == 1 and parameters[0].name == "input_data"
    whole = alone and _may_be_object(parameters[0].decoder)
    return Signature(parameters, platform_names, parameters[0] if whole else None)


def _may_be_object(decoder):
    """Whether a type can be a request's whole body, which is a JSON object."""
    defs = Definitions()
    schema = defs.document(decoder.schema(defs))
    kinds = {part.get("type") for part in schema.get("anyOf", ()) if "$ref" not in part} or {schema.get("type")}
    return not takes_files(decoder) and (not schema or "object" in kinds or "$ref" in str(schema.get("anyOf", "")))


def scope_of(function):
    """Where the names in a function's annotations are looked up."""
    variables = getattr(function, "__type_params__", ())
    return function.__globals__, {variable.__name__: variable for variable in variables}


def _shown(examples, kinds, skipped):
    """What the examples give for each parameter."""
    if not examples:
        return {}
    from . import shown

    return shown.arguments(examples, kinds, skipped)


def _decoder(name, kind, annotations, defaults, scope, compiler, warn, given=None):
    has_default = name in defaults
    if name not in annotations:
        base = _hint(defaults[name], compiler, scope) if has_default else AnyDecoder()
    else:
        try:
            base = compiler.decoder(annotations[name], scope)
        except Unresolvable as error:
            warn("the annotation of %s cannot be resolved (%s); it takes any JSON" % (name, error))
            base = AnyDecoder()
        except Inexpressible as error:
            if has_default or kind in (VAR_POSITIONAL, VAR_KEYWORD):
                warn("%s %s: it keeps its default" % (name, error))
                raise _Left() from None
            base = _by_examples(name, error, given, warn)
            if base is None:
                raise Inexpressible("the parameter %s %s" % (name, error)) from None
            given = None
    if has_default and defaults[name] is None:
        base = nullable(base)
    if given:
        from . import shown

        base = shown.widened(base, given, lambda message, fix: warn("%s: %s" % (name, message), fix))
    return Array(base) if kind == VAR_POSITIONAL else base


def _by_examples(name, error, given, warn):
    """The decoder for what examples show where the annotation has no JSON form; None where they show nothing."""
    if not given:
        return None
    from . import shown

    base = shown.alone(given)
    if base is not None:
        fix = "Annotate it with a type that JSON can carry, too, so that callers see it in the schema."
        warn("the parameter %s %s; it takes what the examples in the docstring show" % (name, error), fix)
    return base


def _unpacks(annotation):
    """Whether this is `**kwargs: Unpack[SomeTypedDict]` (PEP 692)."""
    if isinstance(annotation, str):
        return "Unpack[" in annotation
    return form_name(getattr(annotation, "__origin__", None)) == "Unpack"


def _hint(default, compiler, scope):
    """A parameter without annotation takes any JSON; a default of a type that JSON lacks shows what to make of it."""
    kind = type(default)
    if kind in (type(None), bool, int, float, str, list, dict, bytes, bytearray, memoryview, complex):
        return AnyDecoder()
    try:
        if kind.__module__.partition(".")[0] == "pathlib":
            kind = sys.modules["pathlib"].Path
        return Hint(compiler.decoder(kind, scope))
    except (Inexpressible, Unresolvable):
        return AnyDecoder()
