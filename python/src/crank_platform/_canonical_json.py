"""Canonical JSON (RFC 8785): a text is accepted only where it is what its value would be printed as."""

import json
import math
from typing import Any, Iterable, Mapping

_MAX_DEPTH = 32


def _number(value: float) -> str:
    """A number as ECMAScript prints it (ECMA-262, Number::toString)."""
    if not math.isfinite(value):
        raise ValueError("a number is out of range")
    if value == 0:
        return "0"
    # repr gives the shortest digits that read back as the same double, as ECMAScript does; only the form differs.
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        text = digits + "0" * (point - count)
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if count > 1 else "") + f"e{point - 1:+d}"
    return "-" + text if value < 0 else text


def canonical_json(value: Any, depth: int = 0) -> str:
    """The canonical text of a value.

    Raises:
        ValueError: it has none, or nests deeper than 32 levels.
    """
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested deeper than {_MAX_DEPTH} levels")
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        try:
            return _number(float(value))
        except OverflowError:
            raise ValueError("a number is out of range") from None
    if isinstance(value, str):
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("a string holds half a character")
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ",".join(canonical_json(item, depth + 1) for item in value) + "]"
    # Keys are ordered by their UTF-16 code units.
    keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{canonical_json(key)}:{canonical_json(value[key], depth + 1)}" for key in keys) + "}"


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def parse_canonical_json(text: str) -> Any:
    """Reads JSON that must be in canonical form: no white space, duplicate keys or other spellings.

    Raises:
        ValueError: it is not; the message names the first character that differs.
    """
    try:
        value = json.loads(text, parse_constant=_refuse)
        canonical = canonical_json(value)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if canonical != text:
        differs = (i for i, (a, b) in enumerate(zip(canonical, text)) if a != b)
        raise ValueError(
            f"not in canonical form (RFC 8785) at character {next(differs, min(len(canonical), len(text)))}"
        )
    return value


def wrong_members(value: Mapping[str, Any], required: Iterable[str], optional: Iterable[str] = ()) -> str:
    """What is wrong with an object's members; empty where they are exactly the required and some of the optional."""
    required, optional = list(required), list(optional)
    for name in required:
        if name not in value:
            return f'"{name}" is missing'
    for name in value:
        if name not in required and name not in optional:
            return f"{json.dumps(name)} does not belong here"
    return ""
