"""The settings that LibreOffice starts with: nothing in a document runs, and nothing in it is fetched."""

import os
import re
import shutil

_SOURCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "profiles", "libreoffice")
_SETTINGS = (
    ("Setup/Office", "ooSetupInstCompleted", "true"),
    # Our one macro is in the profile; documents are loaded with MacroExecutionMode NEVER_EXECUTE.
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisablePythonRuntime", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "CheckDocumentEvents", "false"),
    ("Office.Java/ApplicationData", "Enable", "false"),
    ("Office.Common/Misc", "FirstRun", "false"),
    ("Setup/Product", "LastTimeDonateShown", "4000000000"),
    ("Setup/Product", "LastTimeGetInvolvedShown", "4000000000"),
    ("Office.Calc/Content/Update", "Link", "1"),  # links to other files: never
    ("Office.Writer/Content/Update", "Link", "0"),
)
_ITEM = '<item oor:path="/org.openoffice.%s"><prop oor:name="%s" oor:op="fuse"><value>%s</value></prop></item>'
_FILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
    'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n%s\n</oor:items>\n'
)


def write(folder, program):
    """A user profile in the folder: its URL. ``program``: LibreOffice's own folder."""
    # For a profile of another version it tests its drawing first, which takes two seconds.
    settings = (*_SETTINGS, ("Setup/Product", "ooSetupLastVersion", _version(program)))
    library = os.path.join(folder, "user", "basic", "Standard")
    os.makedirs(library)
    with open(os.path.join(folder, "user", "registrymodifications.xcu"), "w", encoding="utf-8") as file:
        file.write(_FILE % "\n".join(_ITEM % setting for setting in settings))
    shutil.copyfile(os.path.join(_SOURCE, "script.xlc"), os.path.join(folder, "user", "basic", "script.xlc"))
    for name in ("script.xlb", "Crank.xba"):
        shutil.copyfile(os.path.join(_SOURCE, name), os.path.join(library, name))
    return "file://" + folder


def _version(program):
    """Such as 7.4, of its own registry."""
    with open(os.path.join(program, "..", "share", "registry", "main.xcd"), encoding="utf-8") as file:
        found = re.search(r'oor:name="ooSetupVersion"[^>]*>\s*<value>([\d.]+)', file.read())
    return found[1] if found else ""
