"""What the running call and the host say to one another before its end, from whichever of its threads."""

import _thread
import math
import os
import time

from crank_runtime import frames, inbox, isolate

# Reports of progress that go out at once, and how many a second from then on. The host allows a multiple of it.
AT_ONCE = 20
EVERY = 0.1
ASKS = frames.ASKS
# Bytes for the stack of a thread of ours: address space is the script's memory, and the usual 8 MiB would count.
STACK = 1 << 20


class Running:
    """The call that runs in this process. One object, made by the zygote: whatever else a fresh process touched would be
    another page copied."""

    __slots__ = ("number", "limits", "parent", "inbox", "channel", "context")

    def __init__(self):
        self.number = None  # None at import, and outside of calls
        self.limits = None
        self.parent = None  # the process that started the call's
        self.inbox = None
        self.channel = None  # made when the script first needs one
        self.context = None  # of `crank_platform`, where somebody asked for it


running = Running()
_making = _thread.allocate_lock()


class Channel:
    """One call's way to the host. ``limit``: bytes that it may send in one piece."""

    __slots__ = (
        *("number", "inbox", "limit", "lock", "closed", "pending", "waiting", "credit", "counted"),
        *("taken", "seen", "asked", "answers", "last"),
    )

    def __init__(self, number, limits, source):
        self.number = number
        self.limit = limits.output
        self.inbox = source
        self.inbox.channel = self
        self.lock = _thread.allocate_lock()  # frames of several threads must not mix
        self.closed = False
        self.pending = None  # a report that came too soon after the last one
        self.waiting = False  # a thread sends it
        self.credit = AT_ONCE
        self.counted = time.monotonic()
        self.taken = 0  # items and chunks that the host took in, and how many of them the sender has heard of
        self.seen = 0
        self.asked = set()  # asks that have no answer yet
        self.answers = {}
        self.last = 0

    def take(self, kind, body):
        """A frame of this call, in the thread that reads."""
        if kind == frames.ACK:
            self.taken += 1
        elif kind == frames.ANSWER:
            number, succeeded = frames.ANSWER_HEAD.unpack_from(body)
            if number in self.asked:
                self.answers[number] = bool(succeeded), body[frames.ANSWER_HEAD.size :]
                self.asked.discard(number)

    def acknowledged(self):
        """How many items or chunks were taken in since this was last asked; blocks for the first."""
        self.inbox.wait_until(lambda: self.taken > self.seen)
        count = self.taken - self.seen
        self.seen += count
        return count

    def ask(self, target, arguments, asked=None):
        """Asks for a call and waits for its end: whether it succeeded, and JSON text.

        ``asked`` gets the ask's number; where something stands in it already, the answer is no longer wanted.
        """
        name = target.encode("utf-8", "replace")
        number = self._enter()
        self.send(frames.ASK, frames.ASK_HEAD.pack(number, len(name)) + name + arguments)
        if asked is not None:
            asked.append(number)
            if asked[0] != number:
                self.withdraw(number)
        self.inbox.wait_until(lambda: number in self.answers or self.closed)
        if number not in self.answers:
            raise RuntimeError("the call ended before the one that it asked for: wait for its threads")
        return self.answers.pop(number)

    def withdraw(self, number):
        """Says that an answer is no longer wanted; one comes, that of a call that was cancelled."""
        if number in self.asked:
            self.send(frames.WITHDRAW, number.to_bytes(4, "little"))

    def _enter(self):
        """The number of a new ask, when there may be one more."""
        while True:
            self.inbox.wait_until(lambda: len(self.asked) < ASKS or self.closed)
            with self.lock:
                if self.closed:
                    raise RuntimeError("the call has ended: wait for its threads before it returns")
                if len(self.asked) < ASKS:
                    self.last += 1
                    self.asked.add(self.last)
                    return self.last

    def send(self, kind, data):
        with self.lock:
            if self.closed:
                return
            isolate.write_all(isolate.DATA, frames.frame(kind, self.number, data))
        self.flush()

    def report(self, body):
        """Sends a PROGRESS frame now or, where there were many, as soon as one may go; the last one always does."""
        self.pending = body
        now = time.monotonic()
        self.credit = min(AT_ONCE, self.credit + (now - self.counted) / EVERY)
        self.counted = now
        if self.credit >= 1:
            self.credit -= 1
            self.flush()
        elif not self.waiting:
            self.waiting = True
            before = _thread.stack_size(STACK)
            try:
                _thread.start_new_thread(self._flush_later, ())
            except RuntimeError:  # no thread to be had: it goes with the next one, or at the end
                self.waiting = False
            finally:
                _thread.stack_size(before)

    def _flush_later(self):
        time.sleep(EVERY)
        self.waiting = False
        self.flush()

    def flush(self):
        # Never waits, since a signal handler may report in the middle of a write: who has the lock sends it.
        while self.pending is not None and self.lock.acquire(blocking=False):
            try:
                self._write_pending()
            finally:
                self.lock.release()

    def _write_pending(self):
        body, self.pending = self.pending, None
        if body is not None and not self.closed:
            isolate.write_all(isolate.DATA, frames.frame(frames.PROGRESS, self.number, body))

    def close(self):
        """Sends the last report. From here on nothing goes out but the call's END."""
        with self.lock:
            self._write_pending()
            self.closed = True


def opened():
    """The channel of the running call; None outside of one."""
    with _making:
        if running.channel is None and running.number is not None:
            running.inbox = running.inbox or inbox.Inbox(isolate.DATA)
            running.channel = Channel(running.number, running.limits, running.inbox)
        return running.channel


def end():
    """The call has an answer: its channel sends what is left, and no more."""
    with _making:
        way, running.channel, running.number = running.channel, None, None
    if way is not None:
        way.close()


def of_this_process(what):
    """The channel of the running call, None outside of one. Raises RuntimeError in a process that the call forked."""
    if running.number is not None and running.parent != os.getppid():
        raise RuntimeError("%s was used in another process than the call's: use it in the one that started it" % what)
    return opened()


def progress(fraction, message):
    """`context.progress`: outside of a call it only checks what it is given."""
    body = _progress_body(fraction, message)
    way = of_this_process("context.progress")
    if way is not None:
        way.report(body)


def _progress_body(fraction, message):
    if fraction is None:
        share = math.nan
    else:
        try:
            share = float(fraction) if not isinstance(fraction, str) else None
        except (TypeError, ValueError):
            share = None
        if share is None:
            raise TypeError("the fraction is a number from 0 to 1, or None where it is not known; this is %r" % (fraction,))
        if not 0 <= share <= 1:
            raise ValueError("the fraction is what part of the work is done, from 0 to 1; this is %r" % (fraction,))
    if not isinstance(message, str):
        raise TypeError("the message is text; this is a %s" % type(message).__name__)
    text = message[: frames.MESSAGE].encode("utf-8", "replace")
    if len(text) > frames.MESSAGE:  # cut at a character
        text = text[: frames.MESSAGE].decode("utf-8", "ignore").encode()
    return frames.FRACTION.pack(share) + text
