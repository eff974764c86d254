"""Yardsticks, served like our functions: what the path costs when the function does nothing."""

import os

import win32api
import xlwings as xw


@xw.func
@xw.ret("raw")
def nothing(classeur, ref_facteur, quantite, unite, annee, resultat):
    """Read nothing, compute nothing."""
    return [[0.0]]


@xw.func
@xw.arg("ref_facteur", ndim=2, err_to_str=True)
@xw.arg("quantite", ndim=2, err_to_str=True)
@xw.arg("unite", ndim=2, err_to_str=True)
@xw.arg("annee", ndim=2, err_to_str=True)
@xw.arg("resultat", ndim=2, err_to_str=True)
@xw.ret("raw")
def echo(classeur, ref_facteur, quantite, unite, annee, resultat):
    """The same block in, one column of it out: as much to carry as for EMISSIONS."""
    return quantite


@xw.func
def process():
    """Number of the server's process."""
    return os.getpid()


@xw.func
@xw.arg("cells", ndim=2, err_to_str=True)
def described(cells):
    """The types of what arrives, as one text."""
    return " ".join(type(cell).__name__ for row in cells for cell in row)


@xw.func
def failing():
    """A function with a fault."""
    raise RuntimeError("défaut voulu")


@xw.func
def leave():
    """Have the server end by itself, in good order."""
    win32api.PostQuitMessage(0)
