"""Runs under the Windows Python, in Excel's place: one request a line on its input, one answer a line.

It loads xlwings' DLL, has it start the COM server as the VBA module does, and calls ``CallUDF``.
"""

import ctypes
import datetime as dt
import decimal
import json
import os
import signal
import sys
import time

import pythoncom
import pywintypes
import win32com.client
import win32com.client.dynamic

START, STOP = 1, -1
NOT_GIVEN = -2147352572
FIRST_ERROR = -2146828288


class Variant(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_ushort),
        ("reserved", ctypes.c_ushort * 3),
        ("value", ctypes.c_void_p),
        ("more", ctypes.c_void_p),
    )


servers = {}


def ask(dll, line, mode):
    """``XLPyDLLActivateAuto``: the server's object in a VARIANT, or the error's text."""
    function = ctypes.WinDLL(dll).XLPyDLLActivateAuto
    function.argtypes = (ctypes.POINTER(Variant), ctypes.c_char_p, ctypes.c_int)
    function.restype = ctypes.c_long
    answer = Variant()
    if function(ctypes.byref(answer), line.encode("mbcs"), mode):
        raise RuntimeError(ctypes.wstring_at(answer.value))
    return answer


def activate(name, dll, line):
    answer = ask(dll, line, START)
    servers[name] = win32com.client.dynamic.Dispatch(
        pythoncom.ObjectFromAddress(answer.value, pythoncom.IID_IDispatch)
    )


def stop(name, dll, line):
    servers.pop(name, None)
    ask(dll, line, STOP)


def call(name, module, function, arguments, times=1):
    server, sent = servers[name], decoded(arguments)
    for _ in range(times):
        answer = server.CallUDF(module, function, sent)
    return answer


def kill(process):
    os.kill(int(process), signal.SIGTERM)


def about():
    return {
        "python": sys.version,
        "environment": dict(os.environ),
        "code page": ctypes.windll.kernel32.GetACP(),
    }


KINDS = {
    "date": lambda text: pywintypes.Time(dt.datetime.fromisoformat(text)),
    "currency": decimal.Decimal,
    "missing": lambda _: win32com.client.VARIANT(pythoncom.VT_ERROR, NOT_GIVEN),
    # pywin32 sends every VT_ERROR as « missing »; it receives one as its number, which is what is sent here.
    "error": lambda number: FIRST_ERROR + number,
}


def decoded(value):
    if value is None:
        return pythoncom.Empty
    if isinstance(value, list):
        return tuple(decoded(item) for item in value)
    if isinstance(value, dict):
        ((kind, content),) = value.items()
        return KINDS[kind](content)
    return value


REQUESTS = {"activate": activate, "stop": stop, "call": call, "kill": kill, "about": about}


def main():
    for text in sys.stdin:
        name, arguments = json.loads(text)
        start = time.perf_counter()
        try:
            answer = {"value": REQUESTS[name](*arguments)}
        except pythoncom.com_error as error:
            detail = error.args[2] or ("", "", error.args[1])
            answer = {"error": str(detail[2] or error.args[1])}
        except (AttributeError, RuntimeError, TypeError, ValueError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answer["seconds"] = time.perf_counter() - start
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
