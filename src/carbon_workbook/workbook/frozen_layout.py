"""Where the frozen factors stand: one table, a row a factor and a row a stage."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from carbon_workbook.factors.frozen import COLUMNS

TABLE = "tbl_facteurs_figes"
BASE_NAME, DIGEST_NAME = "cw_figes_base", "cw_figes_empreinte"
BASE_ROW, DIGEST_ROW, VALUE_COLUMN = 3, 4, 2
HEADER, ROWS = 6, 1

_LABELS: Mapping[str, tuple[str, float, str]] = MappingProxyType(
    {
        "id": ("Identifiant", 18, "text"),
        "position": ("Étape n°", 9, "whole"),
        "stage": ("Étape", 14, "text"),
        "label": ("Libellé", 52, "text"),
        "unit": ("Unité", 14, "text"),
        "total": ("Total", 12, "factor"),
        "co2_fossil": ("CO2 fossile", 11, "factor"),
        "ch4_fossil": ("CH4 fossile", 11, "factor"),
        "ch4_biogenic": ("CH4 biogénique", 11, "factor"),
        "n2o": ("N2O", 11, "factor"),
        "other_gases": ("Autres gaz", 11, "factor"),
        "co2_biogenic": ("CO2 biogénique", 11, "factor"),
        "uncertainty_pct": ("Incertitude %", 11, "quantity"),
        "geography": ("Géographie", 18, "text"),
        "valid_until": ("Validité", 12, "text"),
        "series": ("Série", 16, "text"),
        "series_year": ("Année de la série", 11, "whole"),
        "gwp_set": ("PRG", 9, "text"),
        "source": ("Source", 26, "text"),
        "version": ("Version", 10, "text"),
        "source_id": ("Identifiant de la source", 18, "text"),
        "licence": ("Licence", 20, "text"),
        "families": ("Familles", 24, "text"),
        "kind": ("Genre", 12, "text"),
        "status": ("Statut", 10, "text"),
        "default_post": ("Poste", 9, "text"),
        "nature": ("Nature", 10, "text"),
        "gas_kind": ("Gaz", 12, "text"),
        "upstream_pair": ("Facteur de l'amont", 14, "text"),
        "cutoff_pair": ("Facteur sans recyclage", 14, "text"),
        "price_year": ("Année de prix", 10, "whole"),
        "price_index": ("Indice de prix", 14, "text"),
        "aliases": ("Mots d'usage", 30, "text"),
        "warning": ("Avertissement", 40, "text"),
        "checked_on": ("Contrôlé le", 12, "text"),
        "review_on": ("À relire le", 12, "text"),
        "assigned": ("Étape attribuée", 10, "whole"),
    }
)
TABLE_COLUMNS = tuple(_LABELS[name] for name in COLUMNS)
"""Label, width and number format of each column, in the order of ``factors.frozen.COLUMNS``."""
