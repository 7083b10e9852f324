"""The ways in which a service or a call can be refused inside the sandbox, apart from what the user's code raises."""


class InvalidInput(Exception):
    """The arguments don't match the declared types. `pointer` is a JSON Pointer (RFC 6901) into the arguments."""

    def __init__(self, message, pointer=""):
        super().__init__(message)
        self.message = message
        self.pointer = pointer

    def within(self, token):
        """Puts one reference token in front of the pointer, as the error rises through a container."""
        self.pointer = "/" + str(token).replace("~", "~0").replace("/", "~1") + self.pointer
        return self


class InvalidOutput(Exception):
    """The function returned what has no JSON form. The message names the type."""

    def __init__(self, message):
        super().__init__(message)
        self.message = message


class OutputTooLarge(Exception):
    """What a command line printed and wrote is more than a result may be. The message says how much."""


class Failure(Exception):
    """A call ends with this outcome (core/error.ts), which its own process found out."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class LoadError(Exception):
    """The module cannot be imported. `findings` says why, where and what to change."""

    def __init__(self, findings):
        super().__init__("; ".join(finding["message"] for finding in findings))
        self.findings = findings


def finding(level, file, message, fix, line=None, column=None):
    """One remark about a source: `{level, file, line?, column?, message, fix}` (core/error.ts, Finding)."""
    found = {"level": level, "file": file, "message": message, "fix": fix}
    if line is not None:
        found["line"] = line
        if column:
            found["column"] = column
    return found
