"""The fields that dataclasses, attrs classes, named tuples and TypedDicts declare; none of it is imported."""

import sys

from .resolve import annotations_of, evaluate


def fields_of(cls):
    """(name, options) for each field of a class with named fields; None for any other class.

    Options: `required`, `has_default` and `default`, `inward` (False: the constructor doesn't take it), `outward`
    (False: the object doesn't keep it), `alias` (the constructor's name for it), `description`.
    """
    if hasattr(cls, "__dataclass_fields__"):
        return _dataclass_fields(cls)
    if hasattr(cls, "__attrs_attrs__"):
        return _attrs_fields(cls)
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _tuple_fields(cls)
    if issubclass(cls, dict) and hasattr(cls, "__total__"):
        return _typed_dict_fields(cls)
    return None


def form_name(form):
    """The name of a class or special form."""
    return getattr(form, "_name", None) or getattr(form, "__name__", None) or ""


def requiredness(annotation, scope, required):
    """Takes Required[...] and NotRequired[...] off; TypedDict itself misses them in string annotations."""
    if isinstance(annotation, str) or hasattr(annotation, "__forward_arg__"):
        text = annotation if isinstance(annotation, str) else annotation.__forward_arg__
        if "Required[" not in text:
            return annotation, required
        annotation = evaluate(text, *scope)
    name = form_name(getattr(annotation, "__origin__", None))
    if name in ("Required", "NotRequired"):
        return annotation.__args__[0], name == "Required"
    return annotation, required


def _dataclass_fields(cls):
    missing = sys.modules["dataclasses"].MISSING
    for name, field in cls.__dataclass_fields__.items():
        if field._field_type.name == "_FIELD_CLASSVAR":
            continue
        plain, made = field.default is not missing, field.default_factory is not missing
        default = field.default if plain else None
        if made and field.default_factory in (list, dict, set, tuple):
            default, plain = field.default_factory(), True
        yield (
            name,
            {
                "required": not plain and not made,
                "has_default": plain,
                "default": default,
                "inward": field.init,
                "outward": field._field_type.name != "_FIELD_INITVAR",
                "description": field.metadata.get("description") if field.metadata else None,
            },
        )


def _attrs_fields(cls):
    nothing = sys.modules["attr"].NOTHING
    for field in cls.__attrs_attrs__:
        factory = type(field.default).__name__ == "Factory"
        given = field.default is not nothing
        yield (
            field.name,
            {
                "required": not given,
                "has_default": given and not factory,
                "default": None if factory or not given else field.default,
                "inward": field.init,
                "alias": alias_of(field),
            },
        )


def alias_of(field):
    """The constructor's name for a field of an attrs class."""
    return getattr(field, "alias", None) or field.name.lstrip("_")


def _tuple_fields(cls):
    defaults = getattr(cls, "_field_defaults", {})
    for name in cls._fields:
        yield name, {"required": name not in defaults, "has_default": name in defaults, "default": defaults.get(name)}


def _typed_dict_fields(cls):
    names = {}
    for base in reversed(cls.__mro__):
        names.update(annotations_of(base))
    for name in names:
        yield name, {"required": name in cls.__required_keys__}
