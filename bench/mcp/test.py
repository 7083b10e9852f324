"""What the MCP conformance suite wants to find: tools by the names that it knows them by."""

import base64
import struct
import time
import zlib
from pathlib import Path

from crank_platform import context


def simple_text() -> str:
    return "This is a simple text response for testing."


def image_content() -> Path:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixel = zlib.compress(b"\x00\xff\x00\x00")
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    path = Path("red.png")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b""))
    return path


def audio_content() -> Path:
    path = Path("silence.wav")
    path.write_bytes(base64.b64decode("UklGRiYAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQIAAAAAAA=="))
    return path


def embedded_resource() -> Path:
    path = Path("resource.txt")
    path.write_text("This is an embedded resource content.")
    return path


def error_handling() -> str:
    raise ValueError("This tool intentionally returns an error for testing")


def tool_with_progress() -> str:
    for part in (0, 0.5, 1):
        context.progress(part, f"{part:.0%}")
        time.sleep(0.3)
    return "done"
