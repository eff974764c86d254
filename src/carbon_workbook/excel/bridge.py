"""The only module that speaks to xlwings: what the VBA wrapper calls through ``CallUDF``.

Every function takes the workbook's full name first, then cells as xlwings reads them, always as rows. Nothing here
computes; a function of ``udf`` answers with a grid that holds no None and no NaN (xlwings would make them blank).
"""

from __future__ import annotations

import xlwings as xw

from carbon_workbook.excel import udf
from carbon_workbook.excel.cells import Grid

_CELLS = {"ndim": 2, "err_to_str": True}


@xw.func
@xw.arg("ref_facteur", **_CELLS)
@xw.arg("quantite", **_CELLS)
@xw.arg("unite", **_CELLS)
@xw.arg("annee", **_CELLS)
@xw.arg("resultat", **_CELLS)
@xw.ret("raw")
def emissions(classeur, ref_facteur, quantite, unite, annee, resultat) -> Grid:  # type: ignore[no-untyped-def]
    """EMISSIONS."""
    return udf.emissions(classeur, ref_facteur, quantite, unite, annee, resultat)


@xw.func
@xw.arg("ref_facteur", **_CELLS)
@xw.arg("quantite", **_CELLS)
@xw.arg("unite", **_CELLS)
@xw.arg("annee", **_CELLS)
@xw.ret("raw")
def emissions_detail(classeur, ref_facteur, quantite, unite, annee) -> Grid:  # type: ignore[no-untyped-def]
    """EMISSIONS_DETAIL."""
    return udf.emissions_detail(classeur, ref_facteur, quantite, unite, annee)


@xw.func
@xw.arg("ref_facteur", **_CELLS)
@xw.arg("quantite", **_CELLS)
@xw.arg("unite", **_CELLS)
@xw.arg("annee", **_CELLS)
@xw.ret("raw")
def expliquer(classeur, ref_facteur, quantite, unite, annee) -> Grid:  # type: ignore[no-untyped-def]
    """EXPLIQUER."""
    return udf.explain(classeur, ref_facteur, quantite, unite, annee)


@xw.func
@xw.arg("ref_facteur", **_CELLS)
@xw.arg("champ", **_CELLS)
@xw.arg("annee", **_CELLS)
@xw.ret("raw")
def facteur(classeur, ref_facteur, champ, annee) -> Grid:  # type: ignore[no-untyped-def]
    """FACTEUR."""
    return udf.factor_field(classeur, ref_facteur, champ, annee)


@xw.func
@xw.arg("texte", **_CELLS)
@xw.arg("unite", **_CELLS)
@xw.arg("rang", **_CELLS)
@xw.ret("raw")
def chercher_facteur(classeur, texte, unite, rang) -> Grid:  # type: ignore[no-untyped-def]
    """CHERCHER_FACTEUR."""
    return udf.search_factor(classeur, texte, unite, rang)


@xw.func
@xw.arg("table", **_CELLS)
@xw.ret("raw")
def facteurs_propres(classeur, table) -> Grid:  # type: ignore[no-untyped-def]
    """The own factors of the workbook: the whole table with its headers."""
    return [[float(udf.register_own_factors(classeur, table))]]
