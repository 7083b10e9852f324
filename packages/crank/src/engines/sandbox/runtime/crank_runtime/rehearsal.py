"""Calls that nobody made, before the service is there: CPython learns the types in the code of a call (PEP 659).

What it learns it writes into the bytecode. Done in the zygote, the pages stay shared by all calls; done in a fresh
call's process it would cost each call a copy of them, and be forgotten.
"""

import _ast
import sys

from . import answer, frames
from .operations import discover
from .service import Service

_ROUNDS = 20  # some more than the interpreter wants to see before it specialises


def echo(count: int, share: float, text: str, flag: bool = False, items: list[int] = (), more: dict = None) -> dict:
    """What calls commonly take and give."""
    return {"count": count, "share": share, "text": text, "flag": flag, "items": list(items), "more": more}


_SIGNATURE = "def echo(count: int, share: float, text: str, flag: bool = False, items: list = (), more: dict = None): 0"
_INPUT = b'{"count":1,"share":0.5,"text":"a","flag":true,"items":[1,2],"more":{"a":null}}'


def rehearse():
    module = sys.modules[__name__]
    tree = compile(_SIGNATURE, __file__, "exec", _ast.PyCF_ONLY_AST)
    operations, _ = discover(module, tree, __file__, __name__)
    made = Service("/", __name__, module, {"echo": operations["echo"]}, [])
    head = frames.CALL_HEAD.pack(1000, 1000, 2**30, 2**20, 2**20, 2**20, 0, 1, frames.KIND_CALL, 4, 0, 2)
    body = head + b"echo{}" + _INPUT
    for _ in range(_ROUNDS):
        kind, rest = answer.perform(made, answer.Request(memoryview(body)), None)
        if kind != frames.VALUE:
            raise RuntimeError(rest)
        frames.frame(frames.END, 1, frames.result(kind, 0, 0, 0, b"", b"", rest))
