"""Why a module cannot be imported, as a finding."""

import re

from ..errors import finding

_AT = re.compile(r"(?:^|[\s(])([\w./@-]+\.[cm]?[jt]s):(\d+)", re.M)
_PACKAGE = re.compile(r"Cannot find package '([^']+)'")
_MODULE = re.compile(r"Cannot find module '(?:/code/)?([^']+)'")


def finding_of(said, entry):
    """`said`: `{type, message, traceback, code?}` of what was thrown, or `{ended}`: Node's exit status or, negative, signal."""
    if "ended" in said:
        how = "with exit status %d" % said["ended"] if said["ended"] >= 0 else "by signal %d" % -said["ended"]
        message = "the module ended the process while it was imported (%s)" % how
        return finding("error", entry, message, "Let the module export functions, and do nothing else at its top level.")
    kind, message, trace, code = (str(said.get(name) or "") for name in ("type", "message", "traceback", "code"))
    at = _AT.search(trace)
    file, line = (at[1], int(at[2])) if at else (entry, None)
    shown = ("%s: %s" % (kind, message.replace("file://", "").replace("/code/", ""))).strip(": ")
    return finding("error", file, "the import failed: %s" % shown[:2000], _fix(code, message), line)


def _fix(code, message):
    package, module = _PACKAGE.search(message), _MODULE.search(message)
    if package:
        return (
            "Add %s to the dependencies in package.json (`npm install %s`), and deploy package.json and "
            "package-lock.json with the module." % (package[1], package[1])
        )
    if module:
        return "Node wants whole file names: import './name.ts', with its suffix. Deploy the file with the module."
    if code == "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
        return (
            "Types are taken out and nothing is translated: write no enum, no namespace with values, no parameter "
            "properties (`erasableSyntaxOnly` in tsconfig.json finds them). A const object stands for an enum."
        )
    if code == "ERR_INVALID_TYPESCRIPT_SYNTAX" or message.startswith("SyntaxError"):
        return "Mend the syntax."
    return "Let the module import without arguments, network or input: what needs them belongs in the functions."
