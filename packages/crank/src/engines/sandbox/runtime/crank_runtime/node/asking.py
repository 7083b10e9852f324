"""What a module says through Node during its call: progress, and asks for calls of other services."""

import _thread

from .. import channel, errors, frames
from . import program

_MOST = 2 * channel.ASKS  # Node has at most half of these under way


def report(said):
    """Progress, if it is any: Node has checked what the module gave it, but the module may have written it itself."""
    try:
        channel.progress(said.get("fraction"), said.get("message", ""))
    except (TypeError, ValueError):
        raise errors.InvalidOutput("the module wrote to descriptor 3, which is the platform's") from None


class Asks:
    """Each in a thread that waits for its answer."""

    def __init__(self, link):
        self.link = link
        self.lock = _thread.allocate_lock()  # answers must not mix
        self.under_way = 0

    def begin(self, body):
        if len(body) < program.ASK_HEAD.size or self.under_way >= _MOST:
            raise errors.InvalidOutput("the module wrote to descriptor 3, which is the platform's")
        number, length = program.ASK_HEAD.unpack_from(body)
        rest = body[program.ASK_HEAD.size :]
        way = channel.opened()
        if length > frames.TARGET or len(rest) - length > way.limit:
            raise errors.InvalidOutput("the module wrote to descriptor 3, which is the platform's")
        target = rest[:length].decode("utf-8", "replace")
        self.under_way += 1
        before = _thread.stack_size(channel.STACK)
        try:
            _thread.start_new_thread(self._wait, (way, number, target, rest[length:]))
        finally:
            _thread.stack_size(before)

    def _wait(self, way, number, target, arguments):
        try:
            succeeded, answer = way.ask(target, arguments)
        except RuntimeError:  # the call has ended
            return
        with self.lock:
            self.under_way -= 1
            self.link.answer(number, succeeded, answer)
