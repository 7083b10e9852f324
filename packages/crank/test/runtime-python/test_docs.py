"""docs/types.md: its script is loaded, and each row of its last table is called."""

import json
import os
import re
import unittest

from support import ROOT, InvalidInput, ServiceTest


class Docs(ServiceTest):
    def test_types(self):
        with open(os.path.join(ROOT, "docs", "types.md"), encoding="utf-8") as file:
            text = file.read()
        service = self.load(re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1))
        rows = re.findall(r"^\| `([\w.]+)` \| `(\{.*?\})` \| (.*) \|$", text, re.MULTILINE)
        self.assertEqual(len(rows), 10)
        for name, given, gives in rows:
            with self.subTest(name, given=given):
                shown = re.findall("`([^`]*)`", gives)
                if shown[0] == "invalid-input":
                    with self.assertRaises(InvalidInput) as caught:
                        service.call(name, given.encode(), b"{}", [])
                    self.assertEqual(caught.exception.pointer, shown[1])
                elif shown[0] == "script-error":
                    with self.assertRaises(Exception) as caught:
                        service.call(name, given.encode(), b"{}", [])
                    self.assertEqual(type(caught.exception).__name__, shown[1])
                else:
                    kind, value = service.call(name, given.encode(), b"{}", [])
                    items = list(value) if kind == "stream" else [value]
                    self.assertEqual(list(map(json.loads, items)), list(map(json.loads, shown)))
        left = re.search(r'`(\w+)` is left out: "(.*)"', text)
        messages = [found["message"] for found in service.describe()["findings"]]
        self.assertTrue(any(message.startswith("%s: %s" % left.groups()) for message in messages), messages)
        self.assertNotIn(left.group(1), self.names(service))


if __name__ == "__main__":
    unittest.main()
