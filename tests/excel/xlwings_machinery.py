"""Run with a JSON list of calls on its input: xlwings' real UDF machinery, on Linux, answers as ``CallUDF`` does.

pywin32 is replaced by empty modules and no COM is involved: what is real is ``udfs.py``, ``com_server.py`` and the
converters. A process of its own, because xlwings must be imported under a false platform.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import json
import sys
import time
import types
from typing import Any

EMPTY_MODULES = ("win32api", "win32con", "win32gui", "win32event", "win32com", "win32com.server")


class Anything:
    """Answers every attribute and call with itself."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *_: object, **__: object) -> Any:
        return Anything()


def module(name: str, **members: object) -> None:
    made = types.ModuleType(name)
    made.__dict__.update(members)
    made.__path__ = []

    def missing(attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return Anything()

    made.__getattr__ = missing  # type: ignore[method-assign]
    sys.modules[name] = made
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, made)


class ComError(Exception):
    pass


class TimeZoneInfo(dt.tzinfo):
    @classmethod
    def utc(cls) -> dt.tzinfo:
        return dt.UTC


def false_windows() -> None:
    """Import what looks at the platform, then xlwings as if on Windows."""
    import asyncio  # noqa: F401
    import getpass  # noqa: F401
    import socket  # noqa: F401
    import subprocess  # noqa: F401

    import numpy  # noqa: F401
    import pandas  # noqa: F401

    for name in EMPTY_MODULES:
        module(name)
    module("pywintypes", com_error=ComError, error=ComError, TimeType=dt.datetime, IID=str)
    dispatch_type = type("PyIDispatch", (), {})
    module("pythoncom", com_error=ComError, IID_IDispatch="IDispatch", TypeIIDs={"IDispatch": dispatch_type})
    sys.modules["pythoncom"].__file__ = "pythoncom"
    module("win32process", GetWindowThreadProcessId=lambda _: (0, 0))
    module("win32timezone", TimeZoneInfo=TimeZoneInfo)
    bases = {name: type(name, (), {}) for name in ("CDispatch", "DispatchBaseClass", "CoClassBaseClass")}
    module("win32com.client", Dispatch=lambda value, *_, **__: value, **bases)

    def unwrap(_: object) -> None:
        raise ValueError

    module("win32com.server.util", unwrap=unwrap, wrap=lambda value, *_: value)
    module("win32com.server.policy", DefaultPolicy=object)
    module("win32com.server.dispatcher")
    ctypes.windll = ctypes.oledll = Anything()  # type: ignore[attr-defined]
    platform, loader = sys.platform, ctypes.PyDLL
    sys.platform, ctypes.PyDLL = "win32", Anything  # type: ignore[misc, assignment]
    try:
        import xlwings
        import xlwings.com_server
    finally:
        sys.platform, ctypes.PyDLL = platform, loader  # type: ignore[misc]
    xlwings._xlwindows.is_range_instance = lambda _: False


def decoded(value: Any) -> Any:
    """JSON to what pywin32 hands over: tuples for blocks, dates and decimals by name."""
    from decimal import Decimal

    if isinstance(value, list):
        return tuple(decoded(item) for item in value)
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return {"date": dt.datetime.fromisoformat, "decimal": Decimal}[kind](text)
    return value


def main() -> None:
    calls = json.load(sys.stdin)
    false_windows()
    from xlwings.com_server import XLPython

    server = XLPython()
    for name, arguments in calls:
        start = time.perf_counter()
        answer = server.CallUDF("carbon_workbook.excel.bridge", name, decoded(arguments))
        print(json.dumps({"value": answer, "ms": 1000 * (time.perf_counter() - start)}))


if __name__ == "__main__":
    main()
