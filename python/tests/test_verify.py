import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "src"))
sys.dont_write_bytecode = True

from crank_platform._canonical_json import canonical_json, parse_canonical_json  # noqa: E402
from crank_platform._ed25519 import verify  # noqa: E402
from crank_platform.verify import (  # noqa: E402
    PolicyError,
    TrustPolicy,
    VerificationError,
    Vkey,
    VkeyError,
    follow_handovers,
    main,
    verify_receipt,
)

VECTORS = Path(__file__).parents[2] / "vectors"
RECEIPTS = json.loads((VECTORS / "receipt" / "receipts.json").read_text())
TRUST = json.loads((VECTORS / "receipt" / "trust.json").read_text())
VKEY, STRANGER = RECEIPTS["vkey"], RECEIPTS["strangerVkey"]


class Receipts(unittest.TestCase):
    def test_those_that_hold(self):
        for vector in RECEIPTS["good"]:
            with self.subTest(vector["name"]):
                given = {name: vector[name].encode() for name in ("output", "input") if name in vector}
                receipt = verify_receipt(vector["file"].encode(), [STRANGER, VKEY], **given)
                self.assertEqual(receipt.vkey, VKEY)
                self.assertEqual(receipt.opened["subject"] == "bytes", "output" in vector)

    def test_those_that_do_not(self):
        for vector in RECEIPTS["tampered"]:
            with self.subTest(vector["name"]), self.assertRaises(VerificationError) as caught:
                verify_receipt(vector["file"].encode(), [VKEY])
            self.assertEqual(caught.exception.part, vector["part"], vector["name"])

    def test_every_changed_bit(self):
        """Each is found, and the part named. All bits with CRANK_ALL_BITS=1 (a minute); otherwise one of every third byte."""
        file = RECEIPTS["good"][0]["file"].encode()
        openings, proof = file.index(b',"openings":'), file.index(b',"proof":')
        every = os.environ.get("CRANK_ALL_BITS") == "1"
        seen = set()
        for at, byte in enumerate(file):
            for bit in range(8) if every else [at // 3 % 8] if at % 3 == 0 else []:
                changed = file[:at] + bytes([byte ^ 1 << bit]) + file[at + 1 :]
                with self.assertRaises(VerificationError, msg=f"byte {at}, bit {bit}") as caught:
                    verify_receipt(changed, [VKEY])
                part = caught.exception.part
                seen.add(part)
                if at < openings:
                    self.assertIn(part, ("file", "envelope", "signature"))
                elif at < proof:
                    self.assertIn(part, ("file", "openings"))
                else:
                    self.assertIn(part, ("file", "proof", "checkpoint", "inclusion"))
        self.assertGreaterEqual(seen, {"file", "envelope", "signature", "openings", "proof", "checkpoint", "inclusion"})

    def test_other_bytes_and_other_keys(self):
        call = RECEIPTS["good"][0]
        for given in ({"output": b"[]"}, {"input": b"{}"}):
            with self.assertRaises(VerificationError) as caught:
                verify_receipt(call["file"], [VKEY], **given)
            self.assertEqual(caught.exception.part, "openings")
        with self.assertRaises(VerificationError) as caught:
            verify_receipt(call["file"], [STRANGER])
        self.assertEqual(caught.exception.part, "signature")
        for keys in ([], ["x"], [VKEY.replace("+", "+0", 1)], [VKEY[:-4]]):
            with self.assertRaises(VkeyError):
                verify_receipt(call["file"], keys)


class Trust(unittest.TestCase):
    """Witnesses, policies and keys that were handed over."""

    def held(self, vector, verify):
        with self.subTest(vector["name"]):
            if "holds" in vector:
                return verify()
            with self.assertRaises(VerificationError) as caught:
                verify()
            self.assertEqual(caught.exception.part, vector["part"])

    def test_policies(self):
        for vector in TRUST["policies"]:
            policy = TrustPolicy.parse(vector["policy"])
            receipt = self.held(vector, lambda: verify_receipt(vector["file"], [], policy=policy))
            if receipt is not None:
                self.assertEqual(list(receipt.cosigned), vector["holds"]["cosigned"])
                self.assertEqual(receipt.cosigned_at[receipt.cosigned[0]], 1_782_900_000)

    def test_policies_that_are_none(self):
        for text in TRUST["badPolicies"]:
            with self.subTest(text), self.assertRaises(PolicyError):
                TrustPolicy.parse(text)

    def test_keys_that_were_handed_over(self):
        for vector in TRUST["handovers"]:
            receipt = self.held(
                vector,
                lambda: verify_receipt(vector["file"], follow_handovers(vector["handovers"], [vector["pinned"]])),
            )
            if receipt is not None:
                self.assertEqual(receipt.vkey, vector["holds"]["vkey"])

    def test_the_command_line(self):
        with tempfile.TemporaryDirectory() as folder:

            def file(name, text):
                path = Path(folder, name)
                path.write_text(text)
                return str(path)

            def run(*arguments):
                with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(io.StringIO()):
                    return main(list(arguments)), said.getvalue()

            good, bad = TRUST["policies"][0], TRUST["policies"][4]
            policy = file("policy", good["policy"])
            code, said = run(file("good.json", good["file"]), "--policy", policy)
            self.assertEqual(code, 0)
            self.assertIn("cosigned by vectors.crank.example/north at 2026-07-01T10:00:00Z", said)
            self.assertEqual(run(file("bad.json", bad["file"]), "--policy", policy)[0], 5)
            self.assertEqual(run(file("bad.json", bad["file"]), "--policy", file("none", "quorum\n"))[0], 2)
            self.assertEqual(run(file("bad.json", bad["file"]))[0], 2)
            chain = TRUST["handovers"][2]
            handovers = file("handovers", chain["handovers"])
            receipt = file("receipt.json", chain["file"])
            self.assertEqual(run(receipt, "--vkey", chain["pinned"], "--handovers", handovers)[0], 0)
            self.assertEqual(run(receipt, "--vkey", chain["pinned"])[0], 5)


class SignedNotes(unittest.TestCase):
    def test_keys_are_read_as_elsewhere(self):
        note = json.loads((VECTORS / "note" / "signed-note.json").read_text())
        self.assertEqual(Vkey.parse(note["vkey"]).text, note["vkey"])
        for text in note["invalidVkeys"]:
            with self.subTest(text), self.assertRaises(VkeyError):
                Vkey.parse(text)


class CanonicalJson(unittest.TestCase):
    def test_numbers_are_printed_as_rfc_8785_says(self):
        # Appendix B of RFC 8785, and ours.
        for value, text in [
            (5e-324, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (9007199254740992.0, "9007199254740992"),
            (295147905179352830000.0, "295147905179352830000"),
            (1e21, "1e+21"),
            (9.999999999999997e22, "9.999999999999997e+22"),
            (333333333.33333329, "333333333.3333333"),
            (-0.0000033333333333333333, "-0.0000033333333333333333"),
            (1e-7, "1e-7"),
            (1.5e-9, "1.5e-9"),
            (0.000001, "0.000001"),
            (-0.0, "0"),
            (100, "100"),
            (1.0, "1"),
        ]:
            self.assertEqual(canonical_json(value), text)

    def test_other_spellings_are_refused(self):
        for text in ('{"b":1,"a":2}', '{"a":1,"a":1}', "1.0", "01", "-0", "NaN", '"\\u0041"', "[1, 2]", '"\\ud800"', "1e400"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_canonical_json(text)
        with self.assertRaises(ValueError):
            parse_canonical_json("[" * 100_000 + "]" * 100_000)
        # Keys by UTF-16 code units: the astral character comes before the last of the basic plane.
        self.assertEqual(canonical_json({"\uffff": 1, "\U00010000": 2}), '{"\U00010000":2,"\uffff":1}')


class Ed25519(unittest.TestCase):
    # RFC 8032, section 7.1, tests 1 to 3.
    TESTS = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ]

    def test_the_examples_of_rfc_8032(self):
        for key, message, signature in self.TESTS:
            self.assertTrue(verify(*map(bytes.fromhex, (key, message, signature))))

    def test_what_is_not_a_signature(self):
        key, message, signature = map(bytes.fromhex, self.TESTS[2])
        for at in range(64):
            self.assertFalse(verify(key, message, signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]))
        self.assertFalse(verify(key, message + b"x", signature))
        # The same number S plus the order of the group: refused, or every signature had a second form.
        order = 2**252 + 27742317777372353535851937790883648493
        s = int.from_bytes(signature[32:], "little") + order
        self.assertFalse(verify(key, message, signature[:32] + s.to_bytes(32, "little")))
        self.assertFalse(verify(b"\xff" * 32, message, signature))
        self.assertFalse(verify(key, message, signature[:-1]))


if __name__ == "__main__":
    unittest.main()
