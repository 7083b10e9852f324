"""What the host sends to the process of a call, read by whichever of its threads waits for something."""

import _thread
import os

from crank_runtime import frames


class Inbox:
    """Frames from a blocking descriptor. One thread reads at a time, for all that wait."""

    def __init__(self, handle):
        self.handle = handle
        self.buffer = bytearray()
        self.calls = []  # (number, body) of those that came while another one ran
        self.channel = None  # of the running call: has what else comes
        self.state = _thread.allocate_lock()
        self.reading = False
        self.waiting = []

    def wait_until(self, ready):
        """Blocks until ``ready()`` holds, which changes only by what is read. Ends the process when the host is gone."""
        while True:
            turn = None
            with self.state:
                if ready():
                    return
                if self.reading:
                    turn = _thread.allocate_lock()
                    turn.acquire()
                    self.waiting.append(turn)
                else:
                    self.reading = True
            if turn is not None:
                turn.acquire()  # until the one that reads has read something
                continue
            try:
                self._take(*self._next())
            finally:
                self.stop_reading()

    def stop_reading(self):
        with self.state:
            self.reading = False
            waiting, self.waiting = self.waiting, []
        for turn in waiting:
            turn.release()

    def next_call(self):
        self.wait_until(lambda: self.calls)
        return self.calls.pop(0)

    def _take(self, kind, number, body):
        if kind == frames.CALL:
            self.calls.append((number, body))
        elif self.channel is not None and self.channel.number == number:
            self.channel.take(kind, body)

    def _next(self):
        while True:
            if len(self.buffer) >= frames.HEADER.size:
                length, kind, number = frames.HEADER.unpack_from(self.buffer)
                if len(self.buffer) >= 4 + length:
                    body = bytes(memoryview(self.buffer)[frames.HEADER.size : 4 + length])
                    del self.buffer[: 4 + length]
                    return kind, number, body
            self.buffer += os.read(self.handle, 1 << 18) or os._exit(0)
