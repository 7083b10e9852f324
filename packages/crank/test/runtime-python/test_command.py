"""Commands without a sandbox: what is looked at when they are loaded, and how files become words."""

import json
import os
import stat

from support import InvalidInput, LoadError, Service, ServiceTest
from crank_runtime.command import placing, service, tools
from crank_runtime.files import COPIED, FileRef

ENTRY = ".crank/command.json"


class Loading(ServiceTest):
    def setUp(self):
        super().setUp()
        self.tool = os.path.join(self.work, "tool")
        with open(self.tool, "w") as file:
            file.write("#!/bin/sh\necho first\n")
        os.chmod(self.tool, 0o755)
        description = {"name": "run", "description": "", "input": {}, "output": {}, "result": "json", "files": []}
        run = {"tool": "tool", "groups": [], "parameters": {}, "output": "text", "exitCodes": []}
        about = {"path": self.tool, "digest": service.digest_of(self.tool), "version": ""}
        os.mkdir(os.path.join(self.code, ".crank"))
        with open(os.path.join(self.code, ENTRY), "w") as file:
            json.dump({"operations": [{"description": description, "run": run}], "tools": {"tool": about}}, file)

    def test_the_tool_that_it_was_deployed_with(self):
        loaded = Service.load(self.code, ENTRY)
        self.assertEqual([one["name"] for one in loaded.describe()["operations"]], ["run"])
        loaded._demand_same("tool")

    def test_another_one_is_refused_with_what_to_do(self):
        loaded = Service.load(self.code, ENTRY)
        with open(self.tool, "a") as file:
            file.write("echo second\n")
        with self.assertRaises(LoadError) as caught:
            Service.load(self.code, ENTRY)
        self.assertIn("deploy again", str(caught.exception))
        with self.assertRaisesRegex(Exception, "deploy again"):
            loaded._demand_same("tool")

    def test_the_same_content_in_another_file_is_the_same(self):
        loaded = Service.load(self.code, ENTRY)
        with open(self.tool, "rb") as file, open(self.tool + ".new", "wb") as copy:
            copy.write(file.read())
        os.replace(self.tool + ".new", self.tool)
        loaded._demand_same("tool")

    def test_one_that_is_gone_is_refused(self):
        loaded = Service.load(self.code, ENTRY)
        os.unlink(self.tool)
        with self.assertRaises(LoadError):
            Service.load(self.code, ENTRY)
        with self.assertRaisesRegex(Exception, "deploy again"):
            loaded._demand_same("tool")


class Finding(ServiceTest):
    def test_programs_by_name(self):
        found = json.loads(tools.answer(json.dumps({"tools": ["sort", "no-such-tool"]}).encode()))
        self.assertIsNone(found["no-such-tool"])
        self.assertTrue(found["sort"]["path"].endswith("/bin/sort"))
        self.assertRegex(found["sort"]["digest"], "^sha256:[0-9a-f]{64}$")
        self.assertIn("sort", found["sort"]["version"])


class Placing(ServiceTest):
    def place(self, name, extension="", size=4):
        path = os.path.join(self.code, "given")
        with open(path, "wb") as file:
            file.truncate(size)
        return placing.place(FileRef(name, path), extension)

    def test_a_copy_under_its_own_name(self):
        self.assertEqual(self.place("a.csv"), "a.csv")
        self.assertEqual(self.place("a.csv"), "./a (2).csv")
        self.assertTrue(os.stat("a.csv").st_mode & stat.S_IWUSR)

    def test_with_the_extension_that_the_template_names(self):
        self.assertEqual(self.place("report", ".pdf"), "report.pdf")
        self.assertEqual(self.place("REPORT.PDF", ".pdf"), "REPORT.PDF")

    def test_a_large_one_where_it_lies(self):
        self.assertEqual(self.place("big", size=COPIED + 1), os.path.join(self.code, "given"))
        self.assertEqual(os.listdir("."), [])

    def test_files_that_nobody_asked_for(self):
        with self.assertRaises(InvalidInput):
            placing.gather({"parameters": {}}, {}, [("x", "x", "/x")])
