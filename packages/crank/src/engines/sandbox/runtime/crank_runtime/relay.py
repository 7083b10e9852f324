"""Bytes on their way through the zygote. Every child is a copy of its memory, so nothing of a call may stay behind."""

import os


def wipe(buffer, length=None):
    """Overwrites the first bytes of a bytearray."""
    length = len(buffer) if length is None else length
    buffer[:length] = bytes(length)


class Outbox:
    """Writes to a non-blocking descriptor and keeps what it did not take yet."""

    __slots__ = ("handle", "pending", "sent")

    def __init__(self, handle):
        self.handle = handle
        self.pending = []  # bytearrays of our own
        self.sent = 0  # of the first of them

    def send(self, *parts):
        """Sends the parts (of any bytes-like kind) as one piece. Returns whether all of it left."""
        sent = 0
        if not self.pending:
            try:
                sent = os.writev(self.handle, parts)
            except BlockingIOError:
                pass
            if sent == sum(map(len, parts)):
                return True
        rest = bytearray()
        for part in parts:
            if sent < len(part):
                rest += memoryview(part)[sent:]
            sent = max(0, sent - len(part))
        self.pending.append(rest)
        return False

    def drain(self):
        """Sends on. Returns whether all of it left."""
        while self.pending:
            first = self.pending[0]
            try:
                self.sent += os.write(self.handle, memoryview(first)[self.sent :])
            except BlockingIOError:
                return False
            if self.sent == len(first):
                wipe(first)
                del self.pending[0]
                self.sent = 0
        return True

    def wipe(self):
        for buffer in self.pending:
            wipe(buffer)


class Kept:
    """Bytes that are collected. Growing leaves no copy behind, as a bytearray's own would."""

    __slots__ = ("buffer", "length")

    def __init__(self):
        self.buffer = bytearray()
        self.length = 0

    def add(self, data):
        needed = self.length + len(data)
        if needed > len(self.buffer):
            larger = bytearray(max(needed, 2 * len(self.buffer)))
            larger[: self.length] = memoryview(self.buffer)[: self.length]
            wipe(self.buffer, self.length)
            self.buffer = larger
        self.buffer[self.length : needed] = data
        self.length = needed

    def drop(self, count):
        """Forgets the first bytes."""
        rest = self.length - count
        self.buffer[:rest] = self.buffer[count : self.length]
        self.buffer[rest : self.length] = bytes(count)
        self.length = rest

    def view(self):
        return memoryview(self.buffer)[: self.length]

    def wipe(self):
        wipe(self.buffer, self.length)
        self.length = 0
