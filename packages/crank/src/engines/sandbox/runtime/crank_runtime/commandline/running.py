"""One call of a command line: files and input are put where the script looks for them, it runs, and what it left is told."""

import gc
import os
import sys

from .. import jsontext
from ..errors import InvalidInput, OutputTooLarge
from ..files import COPIED, FileRef, file_of
from . import workfolder
from .words import words

_CHUNK = 1 << 20


def run(program, plan, data, files, output_bytes, data_files=()):
    """JSON text of `{stdout, stderr, exit_code, files, json?, stdout_base64?}`.

    `plan`: as `command` makes it. `data`: JSON text of the arguments. `files`: (parameter, name, path) of what was handed
    over beside them. Raises InvalidInput, OutputTooLarge, and what the script raises but SystemExit.
    """
    arguments = _with_files(jsontext.parse(data, exact=plan["style"] != "notebook"), files, plan)
    workfolder.thaw(data_files)
    placed = {}

    def place(value):
        if id(value) not in placed:
            placed[id(value)] = _put(file_of(value))
        return placed[id(value)]

    for given in arguments.get(plan["files"], ()):
        place(given)
    point, is_notebook, last = plan.get("point"), plan["style"] == "notebook", None
    if is_notebook:
        from .notebook import Shown

        line, point, last = _variables(plan, arguments, place), Shown(), [b"null"]
    else:
        line = words(plan, arguments, place)
    if program.at_work and point is None and not os.path.lexists(program.entry):
        workfolder._copy(os.path.join(program.code_dir, program.entry), program.entry)
    _check_paths(plan, arguments)
    before = workfolder.snapshot()
    saved = sys.argv[:], sys.stdin, sys.__stdin__, sys.modules.get("__main__"), os.getcwd()
    _feed(_input(plan, arguments))
    try:
        code = _finish(program, line, point, last)
    finally:
        sys.argv[:], sys.stdin, sys.__stdin__, sys.modules["__main__"] = saved[:4]
        os.chdir(saved[4])
        _reopen()
    told = _told(code, before, output_bytes)
    if is_notebook:
        told = told[:-1] + b',"value":%s,"displays":%s}' % (last[-1], jsontext.write(point.bundles))
    return told


def _with_files(arguments, files, plan):
    many = {plan["files"]}
    for level in plan["levels"]:
        many.update(param["name"] for param in level["params"] if param.get("many") or param.get("repeat"))
    for parameter, name, path in files:
        one = FileRef(name, path)
        if parameter in many:
            held = arguments.setdefault(parameter, [])
            if isinstance(held, list):
                held.append(one)
                continue
        if parameter in arguments:
            raise InvalidInput("%s is given twice" % parameter, "/" + parameter)
        arguments[parameter] = one
    return arguments


def _variables(plan, arguments, place):
    """Values of a notebook's parameters by name; a file is its name in the work folder."""
    named = {}
    for param in plan["levels"][0]["params"]:
        name = param["name"]
        if name in arguments:
            given = arguments[name]
            named[name] = place(given) if param["file"] and not isinstance(given, str) else given
    return named


def _put(file):
    try:
        return workfolder.put(file, COPIED)
    except OSError as error:
        raise InvalidInput("the file %r cannot be placed: %s" % (file.name, error.strerror or "its name is taken")) from None


def _check_paths(plan, arguments):
    """Elsewhere than in the work folder lie the author's source and libraries, which callers have no business with."""
    root = os.path.realpath(os.getcwd())
    for level in plan["levels"]:
        for param in level["params"]:
            given = arguments.get(param["name"])
            for one in given if isinstance(given, list) else [given]:
                if param.get("file") and isinstance(one, str) and os.path.lexists(one):
                    if os.path.isabs(one) or not _within(root, one):
                        raise InvalidInput("the path leads out of the work folder", "/" + param["name"])


def _within(root, path):
    # Through links to the version's data is fine; up and out is not.
    return os.path.commonpath([root, os.path.normpath(os.path.join(root, path))]) == root


def _input(plan, arguments):
    """Bytes or a FileRef for standard input, or None."""
    given = arguments.get(plan.get("stdin"))
    answers = arguments.get(plan.get("answers"))
    typed = "".join(line + "\n" for line in answers).encode("utf-8") if answers else b""
    if given is None:
        return typed or None
    if isinstance(given, str):
        return given.encode("utf-8") + typed
    file = file_of(given)
    return file if not typed and isinstance(file, FileRef) else file.read() + typed


def _feed(given):
    """Makes it the process's standard input."""
    if given is None:
        handle = os.open("/dev/null", os.O_RDONLY)
    elif isinstance(given, FileRef):
        handle = os.open(given.path, os.O_RDONLY)
    else:
        handle = os.open("/tmp", os.O_TMPFILE | os.O_RDWR, 0o600)
        view = memoryview(given)
        while view:
            view = view[os.write(handle, view) :]
        os.lseek(handle, 0, os.SEEK_SET)
    os.dup2(handle, 0)
    os.close(handle)
    errors = getattr(sys.__stdin__, "errors", "strict")
    stream = open(0, encoding="utf-8", errors=errors, closefd=False)
    stream.buffer.raw.name = "<stdin>"
    sys.stdin = sys.__stdin__ = stream


def _reopen():
    """Scripts close their standard output (`with sys.stdout`); in a warm process others come after them."""
    for handle, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, "__%s__" % name).closed:
            stream = open(handle, "w", buffering=1, encoding="utf-8", errors=("strict", "backslashreplace")[handle - 1], closefd=False)
            setattr(sys, name, stream)
            setattr(sys, "__%s__" % name, stream)


def _finish(program, line, point, last):
    """Runs the script and all that an interpreter does behind it. Gives the exit code; `last` gets JSON text of the value
    that a notebook ends with."""
    code = 0
    try:
        value = program.execute(line, point)
        if last is not None:
            from .notebook import value_of

            last.append(value_of(value))
    except SystemExit as end:
        code = end.code
        if code is None:
            code = 0
        elif not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    finally:
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()
        import atexit

        atexit._run_exitfuncs()
        main = sys.modules.get("__main__")
        if main is not None:
            vars(main).clear()  # what it left open is written and closed
        del main
        gc.collect()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, ValueError, OSError):
                continue  # closed or replaced by the script
    return int(code) & 0xFF


def _printed(handle, most):
    size = os.fstat(handle).st_size
    if size > most:
        what = "stdout" if handle == 1 else "stderr"
        raise OutputTooLarge(
            "The script printed %d bytes to %s; %d are allowed. Raise `outputBytes` in the manifest's limits." % (size, what, most)
        )
    parts, at = [], 0
    while at < size:
        parts.append(os.pread(handle, min(_CHUNK, size - at), at) or b"\0" * (size - at))
        at += len(parts[-1])
    return b"".join(parts)


def _told(code, before, most):
    out, err = _printed(1, most), _printed(2, most)
    answer = {"stdout": out.decode("utf-8", "replace"), "stderr": err.decode("utf-8", "replace"), "exit_code": code}
    files = workfolder.changed(before)
    size = sum(size for _, size, _ in files) * 4 // 3 + len(out) + len(err)
    if size > most:
        raise OutputTooLarge(
            "What the script printed and the %d files that it wrote have about %d bytes in JSON; %d are allowed. Raise "
            "`outputBytes` in the manifest's limits." % (len(files), size, most)
        )
    answer["files"] = [workfolder.result(*file) for file in files]
    if "\ufffd" in answer["stdout"] and answer["stdout"].encode("utf-8") != out:
        import binascii

        answer["stdout_base64"] = binascii.b2a_base64(out, newline=False).decode("ascii")
    text = jsontext.write(answer)
    also = _as_json(out)
    # As text, so that numbers keep their digits; left out where it would not fit a second time.
    if also is not None and len(text) + len(also) + 10 <= most:
        text = text[:-1] + b',"json":' + also + b"}"
    return text


def _as_json(out):
    """The JSON text that was printed, if that is what was printed."""
    text = out.strip()
    if not text or text[:1] not in b'{["-0123456789tfn':
        return None
    try:
        jsontext.parse(text)
    except InvalidInput:
        return None
    return text
