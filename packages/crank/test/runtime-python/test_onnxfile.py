"""What is read of an ONNX file before onnxruntime sees it: bounded, whatever the bytes are."""

import random
import unittest

import support  # noqa: F401 - finds the runtime
from crank_runtime.model import onnxfile


def varint(value):
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


def message(*parts):
    out = b""
    for number, value in parts:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def node(operator, domain=None, *attributes):
    return message((4, operator), *(((7, domain),) if domain else ()), *((5, one) for one in attributes))


def model(*graph, functions=()):
    return message((1, 8), (7, message((2, "g"), *graph)), *((25, one) for one in functions), (8, message((2, 17))))


class OnnxFile(unittest.TestCase):
    def test_operators_that_nobody_has(self):
        about = onnxfile.read(model((1, node("Add")), (1, node("Gelu", "com.microsoft")), (1, node("Run", "evil"))))
        self.assertEqual((about.foreign, about.external), (["evil.Run"], []))

    def test_functions_of_the_model_are_its_own(self):
        body = message((1, "Twice"), (10, "local"), (7, node("Add")), (7, node("Hidden", "evil")))
        about = onnxfile.read(model((1, node("Twice", "local")), functions=(body,)))
        self.assertEqual(about.foreign, ["evil.Hidden"])

    def test_within_branches_and_loops(self):
        inner = message((1, node("Deep", "evil")), (5, message((8, "w"), (14, 1))))
        about = onnxfile.read(model((1, node("If", None, message((1, "then_branch"), (6, inner))))))
        self.assertEqual((about.foreign, about.external), (["evil.Deep"], ["w"]))

    def test_weights_elsewhere(self):
        outside = message((8, "w"), (13, message((1, "location"), (2, "/etc/passwd"))))
        constant = message((1, "value"), (5, message((8, "c"), (14, 1))))
        sparse = message((1, message((8, "s"), (14, 1))))
        about = onnxfile.read(model((5, outside), (1, node("Constant", None, constant)), (15, sparse)))
        self.assertEqual(sorted(about.external), ["c", "s", "w"])

    def test_no_model(self):
        nested = message((1, node("If")))
        for _ in range(60):
            nested = message((1, message((4, "If"), (5, message((6, nested))))))
        cases = {
            "has no graph": [b"", message((1, 8))],
            "ends too early": [b"\x3a\xff", model((1, node("Add")))[:-3], b"\x3a" + varint(2**62) + b"x"],
            "is no protobuf": [b"\x3b", b"\x08" + b"\xff" * 11, b"hello world"],
            "without a number": [b"\x02\x00"],
            "of the wrong type": [message((7, 1))],
            "deep": [message((7, nested))],
            "parts": [message((7, b"\x18\x01" * (onnxfile._MOST_PARTS + 1)))],
        }
        for why, given in cases.items():
            for data in given:
                with self.subTest(why, data=data[:20]), self.assertRaisesRegex(onnxfile.Malformed, why):
                    onnxfile.read(data)

    def test_any_bytes(self):
        whole = model((1, node("Add", "d", message((6, message((1, node("B"))))))), (5, message((8, "w"), (14, 0))))
        generator = random.Random(5)
        for _ in range(3000):
            data = bytearray(whole)
            for _ in range(generator.randint(1, 4)):
                data[generator.randrange(len(data))] = generator.randrange(256)
            try:
                onnxfile.read(bytes(data[: generator.randint(0, len(data))]))
            except onnxfile.Malformed:
                pass


if __name__ == "__main__":
    unittest.main()
