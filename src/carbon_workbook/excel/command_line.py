"""The command line that the workbook's configuration makes xlwings' module hand to its DLL, and its length.

The DLL copies it into a buffer of about 2,000 characters without a check: a longer one brings Excel down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from carbon_workbook.messages import CodedError

LONGEST = 1900
"""Characters; 1,949 were seen to work and 2,149 to crash the process that calls."""

_VARIABLE = re.compile(r"%([^%]+)%")
_PYTHON_TEXT = (("\\", "\\\\"), ("'", "\\'"), ("&", "^&"))
_ONLINE_KEYS = ("ONEDRIVE_CONSUMER_WIN", "ONEDRIVE_COMMERCIAL_WIN", "SHAREPOINT_WIN")


def dll_command_line(
    configuration: Mapping[str, str], workbook: str, environment: Mapping[str, str] | None = None
) -> str:
    """What ``XLPyCommand`` of xlwings 0.37.8 gives for the configuration sheet of the workbook named in full.

    ``environment`` replaces the ``%NAME%`` of the sheet. Raises CodedError: CW-630 longer than ``LONGEST``, CW-631 no
    interpreter named, CW-632 a ``PYTHONPATH`` that ends in a backslash or holds a quote, which Python cannot read.
    """
    settings = {key.upper(): _expanded(value, environment or {}) for key, value in configuration.items()}
    interpreter, pythonpath = settings.get("INTERPRETER_WIN", ""), settings.get("PYTHONPATH", "")
    if not interpreter:
        raise CodedError("CW-631")
    if pythonpath.endswith("\\") or '"' in pythonpath:
        raise CodedError("CW-632", path=pythonpath)
    beside = settings.get("ADD_WORKBOOK_TO_PYTHONPATH", "true")
    online = [settings.get(key, "") for key in _ONLINE_KEYS]
    paths = ";".join([beside, workbook, workbook, *online, pythonpath])
    for character, written in _PYTHON_TEXT:
        paths = paths.replace(character, written)
    console = "/showconsole" if settings.get("SHOW CONSOLE", "False").lower() == "true" else ""
    key = settings.get("LICENSE_KEY", "")
    licence = f"os.environ['XLWINGS_LICENSE_KEY']='{key}';" if key else ""
    program = (
        f"import sys, os;{licence}import xlwings.utils;"
        f'xlwings.utils.prepare_sys_path(\\"{paths}\\");'
        "import xlwings; xlwings.serve('$(CLSID)')"
    )
    line = f'cmd.exe {console} /K ""{interpreter}" -B -c "{program}""'
    if len(line) > LONGEST:
        raise CodedError("CW-630", length=len(line), longest=LONGEST, workbook=workbook)
    return line


def _expanded(value: str, environment: Mapping[str, str]) -> str:
    """``%NAME%`` replaced whatever its case; an unknown name stays as it is written."""
    known = {name.upper(): text for name, text in environment.items()}
    return _VARIABLE.sub(lambda found: known.get(found[1].upper(), found[0]), value)
