"""Programs of the system as a service: what `.crank/command.json` says (packaging made it, command-operations.ts)."""

import hashlib
import json
import os
import stat

from .. import jsontext
from ..errors import Failure, InvalidInput, InvalidOutput, LoadError, OutputTooLarge, finding
from ..media import content_type_of, file_name
from ..service import Service
from . import placing
from .filling import arguments
from .tool import ExitStatus, Tool

ENTRY = ".crank/command.json"
_CHUNK = 1 << 20


class CommandService(Service):
    """`said`: the document. `marks`: by tool, what shows whether its file is the one that was looked at."""

    by_data = True
    stays = False

    def __init__(self, code_dir, said, marks):
        super().__init__(code_dir, ENTRY, None, {}, [])
        self._said = {one["description"]["name"]: one for one in said["operations"]}
        self._tools = said["tools"]
        self._marks = marks

    def describe(self):
        described = [one["description"] for one in self._said.values()]
        tools = "; ".join(tool["version"] or name for name, tool in self._tools.items())
        return {"description": ("Runs " + tools)[:2000], "operations": described, "findings": []}

    def call(self, operation, input, context, files, output_bytes=8 << 20):
        one = self._said.get(operation)
        if one is None:
            raise InvalidInput("there is no operation %s" % operation)
        run, about = one["run"], self._tools[one["run"]["tool"]]
        self._demand_same(run["tool"])
        values = jsontext.parse(input)
        placing.gather(run, values, files)
        content_type = one["description"].get("contentType")
        out = placing.way_out(_name_of_file(operation, run, content_type)) if run["output"] == "file" else None
        given = None
        for name, parameter in run["parameters"].items():
            kind = parameter["kind"]
            if kind == "out-file":
                values[name] = out
            elif kind == "stdin":
                given = values.pop(name, None)
            elif kind == "in-file" and name in values:
                many = values[name] if parameter["array"] else [values[name]]
                placed = [placing.place(file, parameter.get("extension", "")) for file in many]
                values[name] = placed if parameter["array"] else placed[0]
        words = [run["tool"], *arguments(run, values)]
        tool = Tool(about["path"], words, placing.standard_input(given), self.limits)
        if run["output"] in ("lines", "json-lines"):
            return ("stream", _lines(tool, run, output_bytes))
        try:
            if run["output"] == "file":
                return self._file(tool, run, out, content_type)
            return ("value", _value(tool, run, output_bytes))
        finally:
            tool.close()

    def format_exception(self, exc):
        if isinstance(exc, ExitStatus):
            return {"type": "ExitStatus", "message": str(exc), "traceback": exc.said}
        return {"type": type(exc).__name__, "message": str(exc), "traceback": ""}

    def _file(self, tool, run, path, content_type):
        """The file that a tool was told to write, or its standard output as one."""
        if any(parameter["kind"] == "out-file" for parameter in run["parameters"].values()):
            for _ in tool.read():
                continue  # what it prints beside its file
        else:
            with open(path, "xb") as made:
                for data in _bounded(tool, self.limits.file, "fileBytes"):
                    made.write(data)
        tool.end(run)
        try:
            about = os.lstat(path)
        except OSError:
            raise InvalidOutput("%s ended well and wrote no file to %s" % (tool.name, path)) from None
        if not stat.S_ISREG(about.st_mode):
            raise InvalidOutput("what %s left at %s is not a regular file" % (tool.name, path))
        name = os.path.basename(path)
        return ("file", path, name, content_type or content_type_of(name))

    def _demand_same(self, name):
        """That the tool's file is the one that the version was deployed with."""
        path = self._tools[name]["path"]
        mark = mark_of(path)
        if mark == self._marks[name]:
            return
        if mark is None or digest_of(path) != self._tools[name]["digest"]:
            raise Failure("crashed", _changed(name, path))


def load(code_dir):
    """A CommandService. Raises LoadError where a tool is not the one that the version was deployed with."""
    with open(os.path.join(code_dir, ENTRY), encoding="utf-8") as file:
        said = json.load(file)
    marks, wrong = {}, []
    for name, tool in said["tools"].items():
        path = tool["path"]
        marks[name] = mark_of(path)
        if marks[name] is None or digest_of(path) != tool["digest"]:
            wrong.append(finding("error", "command", _changed(name, path), "Deploy again, to run the one that is there now."))
    if wrong:
        raise LoadError(wrong)
    return CommandService(code_dir, said, marks)


def _changed(name, path):
    return "%s, at %s, is not the program that this version was deployed with: deploy again." % (name, path)


def _name_of_file(operation, run, content_type):
    for name, parameter in run["parameters"].items():
        if parameter["kind"] == "out-file":
            return name + parameter.get("extension", "")
    return file_name(operation, content_type or "application/octet-stream")


def mark_of(path):
    """Of the file at the end of all links; None where there is none."""
    try:
        about = os.stat(path)
    except OSError:
        return None
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns


def digest_of(path):
    made = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for chunk in iter(lambda: file.read(_CHUNK), b""):
                made.update(chunk)
    except OSError:
        return None
    return "sha256:" + made.hexdigest()


def _bounded(tool, most, limit):
    size = 0
    for data in tool.read():
        size += len(data)
        if size > most:
            raise OutputTooLarge(
                "%s printed more than %d bytes, which are allowed. Raise `%s` in the manifest's limits." % (tool.name, most, limit)
            )
        yield data


def _value(tool, run, most):
    """JSON text of what a tool printed, as text or as the JSON that it is."""
    printed = b"".join(_bounded(tool, most, "outputBytes"))
    status = tool.end(run, printed)
    if run["output"] == "json":
        text = _json(tool, printed.strip() or b"null")  # of nothing found, many print nothing
    else:
        text = jsontext.write(_text(tool, printed))
    if not run["exitCodes"]:
        return text
    return b'{"exit_code":%d,"output":%s}' % (status, text)


def _lines(tool, run, most):
    """JSON text of each line, as it comes."""
    read = _json if run["output"] == "json-lines" else lambda tool, line: jsontext.write(_text(tool, line))
    try:
        rest = bytearray()
        for data in tool.read():
            rest += data
            *whole, last = rest.split(b"\n") if b"\n" in data else (rest,)
            for line in whole:
                if line.strip() or run["output"] == "lines":
                    yield read(tool, bytes(line))
            rest = bytearray(last)
            if len(rest) > most:
                raise OutputTooLarge("A line of %s has more than the %d bytes that are allowed." % (tool.name, most))
        if rest.strip() or (rest and run["output"] == "lines"):
            yield read(tool, bytes(rest))
        tool.end(run)
    finally:
        tool.close()


def _text(tool, data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidOutput(
            'what %s printed is no text in UTF-8 (byte %d): have it answered as a file, {"output": "file"}' % (tool.name, error.start)
        ) from None


def _json(tool, data):
    try:
        jsontext.parse(data)
    except InvalidInput as error:
        raise InvalidOutput("what %s printed is no JSON (%s)" % (tool.name, error.message.rpartition(": ")[2])) from None
    return data
