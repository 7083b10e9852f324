"""Exceptions of the user's code, as the owner of the service may see them."""

import os

_MESSAGE = 2000
_FRAMES = 20
_LINE = 300
_TRACEBACK = 16000
_HERE = os.path.dirname(os.path.abspath(__file__))


def _text(value, limit):
    """A bounded, printable form; what an exception's own __str__ raises must not hide the exception."""
    try:
        text = str(value)
    except Exception as error:
        text = "<%s in its __str__>" % type(error).__name__
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _type(exc, own_module):
    kind = type(exc)
    bare = kind.__module__ in ("builtins", own_module)
    return kind.__qualname__ if bare else "%s.%s" % (kind.__module__, kind.__qualname__)


def frames_of(exc, code_dir):
    """(file, line, function, path) of the frames below ours; paths inside the source are given relative to it."""
    frames, tb = [], exc.__traceback__
    while tb is not None:
        path = tb.tb_frame.f_code.co_filename
        if not path.startswith((_HERE, "<frozen importlib")):
            inside = path.startswith(code_dir + os.sep)
            shown = path[len(code_dir) + 1 :] if inside else path
            frames.append((shown, tb.tb_lineno, tb.tb_frame.f_code.co_name, path, inside))
        tb = tb.tb_next
    return frames


def own_line(exc, code_dir):
    """The last line of the user's own source that an exception passed, as (file, line), or (None, None)."""
    own = [frame for frame in frames_of(exc, code_dir) if frame[4]]
    return own[-1][:2] if own else (None, None)


def _source(path, line):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, text in enumerate(file, start=1):
                if number == line:
                    return text.strip()[:_LINE]
    except OSError:
        pass  # no source, no line: the frame still says where
    return ""


def _lines(exc, code_dir, own_module, seen):
    lines = []
    seen.add(id(exc))
    cause = exc.__cause__ if exc.__cause__ is not None else None if exc.__suppress_context__ else exc.__context__
    if cause is not None and id(cause) not in seen and len(seen) < 5:
        lines += _lines(cause, code_dir, own_module, seen)
        direct = exc.__cause__ is not None
        lines += ["", "The above exception was the direct cause of:" if direct else "While handling it:", ""]
    frames = frames_of(exc, code_dir)
    # The user's own frames, and below them at most the last few of a library's.
    last_own = max((at for at, frame in enumerate(frames) if frame[4]), default=-1)
    kept = [frame for at, frame in enumerate(frames) if frame[4] or at > max(last_own, len(frames) - 4)]
    if kept:
        lines.append("Traceback (most recent call last):")
    for at, (shown, line, function, path, _) in enumerate(kept):
        if len(kept) > _FRAMES and _FRAMES // 2 <= at < len(kept) - _FRAMES // 2:
            if at == _FRAMES // 2:
                lines.append("  ... %d more frames" % (len(kept) - _FRAMES))
            continue
        lines.append('  File "%s", line %d, in %s' % (shown, line, function))
        source = _source(path, line)
        if source:
            lines.append("    " + source)
    lines.append(("%s: %s" % (_type(exc, own_module), _text(exc, _MESSAGE))).rstrip(": "))
    for inner in getattr(exc, "exceptions", ())[:5] if isinstance(getattr(exc, "exceptions", ()), tuple) else ():
        if isinstance(inner, BaseException):
            lines.append("  | %s: %s" % (_type(inner, own_module), _text(inner, _LINE)))
    return lines


def format_exception(exc, code_dir, own_module):
    """`{type, message, traceback}`, all bounded: 2,000 characters, and 16,000 for the traceback."""
    text = "\n".join(_lines(exc, code_dir, own_module, set()))
    return {
        "type": _type(exc, own_module)[:_LINE],
        "message": _text(exc, _MESSAGE),
        "traceback": _text(text, _TRACEBACK),
    }
