"""Decoders for the standard library's types that travel as strings: times, Decimal, UUID, patterns and others."""

import re
import sys

from .decoder import Decoder, expected
from .errors import InvalidInput
from .jsontext import FloatText

_TIME = r"(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?"
_TIME_ONLY = re.compile(_TIME, re.ASCII)
_DATE_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ]%s)?" % _TIME, re.ASCII)
_DURATION = re.compile(
    r"([+-])?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?)?", re.ASCII
)


class Text(Decoder):
    """A type with a string form. `parse(text)` raises ValueError (or a kin) where the text is none of its."""

    scalar = True

    def __init__(self, what, parse, format=None):
        self._what = what
        self._parse = parse
        self._format = format

    def decode(self, value):
        if type(value) is not str:
            raise expected("a string with %s" % self._what, value)
        try:
            return self._parse(value)
        except (ValueError, ArithmeticError, LookupError, re.error) as error:
            raise InvalidInput("expected %s: %s" % (self._what, error)) from None

    def schema(self, defs):
        return {"type": "string", "format": self._format} if self._format else {"type": "string"}


class Numeric(Text):
    """Decimal and Fraction: a string, or a number whose digits are taken as they were sent."""

    exact = True

    def decode(self, value):
        if type(value) is FloatText:
            value = value.text
        elif type(value) is int or type(value) is float:
            value = repr(value)
        return super().decode(value)

    def schema(self, defs):
        if defs.output:
            return {"type": "string"}
        return {"anyOf": [{"type": "string"}, {"type": "number"}]}


def _match(pattern, text):
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError("%r is not in ISO 8601 form" % text[:80])
    return found.groups()


def _zone(datetime, text):
    if text is None:
        return None
    if text in "Zz":
        return datetime.timezone.utc
    digits = text[1:].replace(":", "")
    parts = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)] + [0, 0]
    offset = datetime.timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2])
    return datetime.timezone(-offset if text[0] == "-" else offset)


def _micros(fraction):
    return int((fraction or "0")[:6].ljust(6, "0"))


def _datetime(text):
    datetime = sys.modules["datetime"]
    year, month, day, hour, minute, second, fraction, zone = _match(_DATE_TIME, text)
    return datetime.datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), _micros(fraction),
        _zone(datetime, zone),
    )  # fmt: skip


def _date(text):
    year, month, day, hour = _match(_DATE_TIME, text)[:4]
    if hour is not None:
        raise ValueError("%r has a time of day" % text[:80])
    return sys.modules["datetime"].date(int(year), int(month), int(day))


def _time(text):
    datetime = sys.modules["datetime"]
    hour, minute, second, fraction, zone = _match(_TIME_ONLY, text)
    return datetime.time(int(hour), int(minute), int(second or 0), _micros(fraction), _zone(datetime, zone))


def _timedelta(text):
    sign, weeks, days, hours, minutes, seconds, fraction = _match(_DURATION, text)
    if text[-1] in "PT":
        raise ValueError("%r names no time" % text)
    span = sys.modules["datetime"].timedelta(
        weeks=int(weeks or 0), days=int(days or 0), hours=int(hours or 0), minutes=int(minutes or 0),
        seconds=int(seconds or 0), microseconds=_micros(fraction),
    )  # fmt: skip
    return -span if sign == "-" else span


def duration(span):
    """The ISO 8601 duration of a timedelta: `P1DT2H3M4.5S`, `-PT1S`, `PT0S`."""
    micros = (span.days * 86400 + span.seconds) * 1000000 + span.microseconds
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    seconds, micros = divmod(micros, 1000000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    second = ("%d.%06d" % (seconds, micros)).rstrip("0") if micros else str(seconds)
    clock = (("%dH" % hours) if hours else "") + (("%dM" % minutes) if minutes else "")
    clock += ("%sS" % second) if second != "0" else ""
    date = ("%dD" % days) if days else ""
    return sign + "P" + date + ("T" + clock if clock else "" if date else "T0S")


def _from(module, name):
    def parse(text):
        return getattr(sys.modules[module], name)(text)

    return parse


#: (module, class) -> decoder. The module is loaded, or nobody could have named the class in an annotation.
STANDARD = {
    ("datetime", "datetime"): Text("an ISO 8601 date and time", _datetime, "date-time"),
    ("datetime", "date"): Text("an ISO 8601 date", _date, "date"),
    ("datetime", "time"): Text("an ISO 8601 time", _time, "time"),
    ("datetime", "timedelta"): Text("an ISO 8601 duration such as PT90S", _timedelta, "duration"),
    ("decimal", "Decimal"): Numeric("a decimal number", _from("decimal", "Decimal")),
    ("fractions", "Fraction"): Numeric("a fraction such as 1/3", _from("fractions", "Fraction")),
    ("uuid", "UUID"): Text("a UUID", _from("uuid", "UUID"), "uuid"),
    ("re", "Pattern"): Text("a regular expression", re.compile),
    ("ipaddress", "IPv4Address"): Text("an IPv4 address", _from("ipaddress", "IPv4Address"), "ipv4"),
    ("ipaddress", "IPv6Address"): Text("an IPv6 address", _from("ipaddress", "IPv6Address"), "ipv6"),
    ("ipaddress", "IPv4Network"): Text("an IPv4 network", _from("ipaddress", "IPv4Network")),
    ("ipaddress", "IPv6Network"): Text("an IPv6 network", _from("ipaddress", "IPv6Network")),
    ("zoneinfo", "ZoneInfo"): Text("the name of a time zone", _from("zoneinfo", "ZoneInfo")),
    ("pathlib", "PurePath"): Text("a path", _from("pathlib", "PurePath")),
    ("pathlib", "PurePosixPath"): Text("a path", _from("pathlib", "PurePosixPath")),
    ("pathlib", "PureWindowsPath"): Text("a path", _from("pathlib", "PureWindowsPath")),
}
