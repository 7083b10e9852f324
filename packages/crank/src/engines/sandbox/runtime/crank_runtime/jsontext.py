"""JSON text (RFC 8259) to and from plain Python values, digit for digit."""

import json
import sys

from .errors import InvalidInput, InvalidOutput

# CPython 3.11+ refuses integers beyond 4,300 digits. Inside a sandbox the CPU and output limits bound them, and only
# while we convert: the user's own code keeps the interpreter's limit.
_set_digits = getattr(sys, "set_int_max_str_digits", None)
_get_digits = getattr(sys, "get_int_max_str_digits", None)


class FloatText(float):
    """A number that remembers its digits, so that a Decimal parameter gets exactly what was sent."""

    __slots__ = ("text",)

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def _refuse(constant):
    raise ValueError("%s is not JSON" % constant)


_decoder = json.JSONDecoder(parse_constant=_refuse)
_exact_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=FloatText)
# Circles are found before, in values.py; non-finite numbers take the slow path there.
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))


# What the two do in the end, without what they do around it: each object that a fresh call touches is a page copied.
_scan, _scan_exact = _decoder.scan_once, _exact_decoder.scan_once
_encode = json.encoder.c_make_encoder(
    *(None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", False, False, False)
)


def parse(data, exact=False):
    """The value of a JSON text in UTF-8. `exact`: numbers with a fraction come as FloatText. Raises InvalidInput."""
    limit = _get_digits() if _get_digits else 0
    if limit:
        _set_digits(0)
    try:
        text = data.decode("utf-8")
        if text[:1] in ("{", "["):
            value, end = (_scan_exact if exact else _scan)(text, 0)
            if end == len(text):
                return value
        return (_exact_decoder if exact else _decoder).decode(text)
    except RecursionError:
        raise InvalidInput("the input is nested too deeply") from None
    except StopIteration:  # the scanner's way to say that there is no value where one has to be
        raise InvalidInput("the input is not JSON") from None
    except ValueError as error:
        raise InvalidInput("the input is not JSON: %s" % error) from None
    finally:
        if limit:
            _set_digits(limit)


def write(value):
    """The JSON text in UTF-8. Raises ValueError for NaN and infinities, InvalidOutput for lone surrogates."""
    limit = _get_digits() if _get_digits else 0
    if limit:
        _set_digits(0)
    try:
        return "".join(_encode(value, 0)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidOutput(
            "the result holds a string with the lone surrogate U+%04X, which is not Unicode text; encode such names or "
            "texts with errors='replace' first" % ord(error.object[error.start])
        ) from None
    finally:
        if limit:
            _set_digits(limit)
