"""Replace a workbook over and over in a child killed at random instants; the file must stay whole.

Usage: kill_replace.py FILE COUNT. Prints how often each of the two versions was found after the kill.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from carbon_workbook.workbook.package import open_package
from carbon_workbook.workbook.safe_write import FOLDER, replace_workbook


def replace_for_ever(path: Path, part: str, versions: tuple[bytes, bytes]) -> None:
    while True:
        package = open_package(path)
        content = versions[package.parts[part] == versions[0]]
        replace_workbook(package, {part: content})


def main(path: Path, count: int) -> None:
    part = "xl/worksheets/sheet1.xml"
    package = open_package(path)
    versions = (package.parts[part], package.parts[part].replace(b"<v>4.1</v>", b"<v>4.2</v>"))
    whole = [hashlib.sha256(package.with_parts({part: xml}).packed()).hexdigest() for xml in versions]
    path.write_bytes(package.packed())
    seen = dict.fromkeys(whole, 0)
    instants = random.Random(7)
    for _ in range(count):
        child = os.fork()
        if child == 0:
            replace_for_ever(path, part, versions)
        time.sleep(instants.uniform(0.0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        seen[hashlib.sha256(path.read_bytes()).hexdigest()] += 1
        for backup in (path.parent / FOLDER).glob("*.xlsx"):
            if hashlib.sha256(backup.read_bytes()).hexdigest() not in seen:
                raise SystemExit(f"half a backup: {backup}")
        shutil.rmtree(path.parent / FOLDER, ignore_errors=True)
    print(*seen.values())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
