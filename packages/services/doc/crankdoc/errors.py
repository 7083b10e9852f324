"""What callers are told. Each says what happened, and what is possible instead. Most are about the input: `invalid-input`."""

from crank_platform import InvalidInput


class UnsupportedConversion(InvalidInput):
    """No tool on this node, and no chain of them, leads from one format to the other."""


class UnsupportedFile(InvalidInput):
    """The operation does not work on files of this format."""


class BrokenFile(InvalidInput):
    """The file is not what it seems to be, or is damaged."""


class ToolFailed(RuntimeError):
    """A tool gave up. The message ends with the tool's own last line."""


class ToolMissing(RuntimeError):
    """A tool that this needs is not installed on the node."""


class TooMuch(InvalidInput):
    """The file would become more than a call may hold: an archive that explodes, a picture without end."""
