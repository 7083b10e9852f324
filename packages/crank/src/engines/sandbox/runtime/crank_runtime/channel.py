"""What the running call says to the host before its end, from whichever of its threads."""

import _thread
import math
import os
import time

from crank_runtime import frames, isolate

# Reports of progress that go out at once, and how many a second from then on. The host allows a multiple of it.
AT_ONCE = 20
EVERY = 0.1

#: The channel of the running call; None at import, and outside of calls.
current = None


class Channel:
    """One call's way to the host."""

    __slots__ = ("number", "process", "lock", "closed", "pending", "waiting", "credit", "counted")

    def __init__(self, number):
        self.number = number
        self.process = os.getpid()
        self.lock = _thread.allocate_lock()  # frames of several threads must not mix
        self.closed = False
        self.pending = None  # a report that came too soon after the last one
        self.waiting = False  # a thread sends it
        self.credit = AT_ONCE
        self.counted = time.monotonic()

    def send(self, kind, data):
        with self.lock:
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
            try:
                _thread.start_new_thread(self._flush_later, ())
            except RuntimeError:  # no thread to be had: it goes with the next one, or at the end
                self.waiting = False

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
        global current
        with self.lock:
            self._write_pending()
            self.closed = True
        current = None


def begin(number):
    """The channel of a call that begins."""
    global current
    current = Channel(number)
    return current


def progress(fraction, message):
    """`context.progress`: outside of a call it only checks what it is given."""
    body = _progress_body(fraction, message)
    if current is None:
        return
    if current.process != os.getpid():
        raise RuntimeError(
            "context.progress was called in another process than the call's: report from the one that started it"
        )
    current.report(body)


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
