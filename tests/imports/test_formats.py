"""What each format gives: Base Carbone, DESNZ of several years, US EPA, and a table told by a mapping."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from factor_files import element, imported, sample, text, written

from carbon_workbook.factors.imports import generic
from carbon_workbook.factors.imports.recognise import read_base
from carbon_workbook.imports.files import open_source, read_mapping
from carbon_workbook.messages import CodedError


class TestBaseCarbone:
    def test_factors_and_stages(self, tmp_path: Path) -> None:
        base = imported(written(tmp_path, text(sample())))
        factors = base.factors.set_index("id")
        assert list(factors.index) == ["101", "102", "103", "104", "105"]
        assert factors["kind"].to_dict() == {"101": "emission", "102": "emission", "103": "emission",
                                             "104": "emission", "105": "avoided"}  # fmt: skip
        assert factors.at["104", "status"] == "archivé"
        assert factors.at["102", "uncertainty_pct"] == 30
        assert base.stages["stage"].tolist() == ["combustion", "upstream"]
        assert base.stages["ch4_fossil"].tolist()[1] == 0.0755
        assert base.refused[["row", "id", "code"]].to_numpy().tolist() == [[9, "106", "CW-250"]]

    def test_gases_without_a_code_and_contrails_are_other_gases(self, tmp_path: Path) -> None:
        row = element("107", "A", "3", **{"Valeur gaz supplémentaire 1": "1,25", "Autres GES": "0,5"})
        factors = imported(written(tmp_path, text([*sample(), row]))).factors.set_index("id")
        assert factors.at["107", "other_gases"] == 1.75
        assert np.isnan(factors.at["102", "other_gases"])

    def test_linear_metre_and_price_year(self, tmp_path: Path) -> None:
        rows = [element("107", "Tuyau", "3", **{"Unité français": "kgCO2e/mL"}),
                element("108", "Conseil", "200", **{"Unité français": "kgCO2e/keuro (2023) HT"})]  # fmt: skip
        factors = imported(written(tmp_path, text([*sample(), *rows]))).factors.set_index("id")
        assert factors.at["107", "unit"] == "m"
        assert factors.loc["108", ["unit", "kind", "price_year"]].tolist() == [
            "k€ HT 2023",
            "monetary",
            2023.0,
        ]


class TestDesnz:
    OLD = (
        "Scope,Level_1,Level_2,Level_3,Level_4,Description,UOM,GHG_Unit,GHG_Conversion_Factor_2022\n"
        "Scope 1,Fuels,Gaseous fuels,Butane,,,tonnes,kg CO2e,3033.3\n"
        "Scope 1,Fuels,Gaseous fuels,Butane,,,tonnes,kg CO2e of CO2,3029.2\n"
        "Scope 1,Fuels,Gaseous fuels,Butane,,,tonnes,kg CO2e of CH4,2.5\n"
        "Scope 1,Fuels,Gaseous fuels,Butane,,,tonnes,kg CO2e of N2O,1.6\n"
        "Scope 1,Refrigerant & other,Blends,R1,,Total,kg,kg CO2e,< 1\n"
        "Scope 1,Refrigerant & other,Blends,R2,,Total,kg,kg CO2e,\n"
        "Scope 3,WTT- fuels,WTT- gaseous fuels,Butane,,,tonnes,kg CO2e,300\n"
        "Scope 3,SECR kWh pass & delivery vehs,Cars,,,,km,kWh (Net CV),0.6\n"
        "Outside of Scopes,Outside of scopes,Biofuel,Biodiesel,,,litres,kg CO2e of CO2,2.4\n"
    )

    def test_the_csv_of_2022(self, tmp_path: Path) -> None:
        base = imported(written(tmp_path, self.OLD, "ghg.csv", "utf-8"))
        assert base.version == "2022"
        butane, upstream, biogenic = base.factors.to_dict(orient="records")
        assert [butane[gas] for gas in ("total", "co2_fossil", "ch4_fossil", "n2o")] == [
            3033.3,
            3029.2,
            2.5,
            1.6,
        ]
        assert butane["unit"] == "t"
        assert base.stages["stage"].tolist() == ["upstream"]
        assert base.stages["factor_id"].tolist() == [upstream["id"]]
        assert (biogenic["total"], biogenic["co2_biogenic"]) == (0.0, 2.4)
        assert sorted(base.refused["code"]) == ["CW-251", "CW-252", "CW-254"]

    def test_an_id_made_for_a_file_without_ids_stays_the_same(self, tmp_path: Path) -> None:
        first, *rows = self.OLD.splitlines(keepends=True)
        shuffled = "".join([first.replace("2022", "2021"), *reversed(rows)])
        base, again = (
            imported(written(tmp_path, self.OLD, "a.csv")),
            imported(written(tmp_path, shuffled, "b.csv")),
        )
        assert set(base.factors["id"]) == set(again.factors["id"])
        assert again.version == "2021"


class TestMapping:
    TOML = """
[base]
source = "Fournisseurs"
version = "2025"
licence = "privée"
prefix = "FRN-"
[columns]
id = "Code"
label = ["Famille", "Nom"]
unit = "Par"
total = "Empreinte"
uncertainty_pct = "Incertitude"
[scale]
uncertainty_pct = 100
[units]
"pce" = "unité"
"""
    CSV = (
        "Nom;Famille;Code;Par;Empreinte;Incertitude\n"
        "Vis;Métal;A1;pce;0,012;0,2\nTôle;Métal;A2;gCO2e/kg;1800;\n;;;kg;1;\n"
    )

    def test_a_table_told_by_its_mapping(self, tmp_path: Path) -> None:
        mapping = generic.mapping_of(read_mapping(written(tmp_path, self.TOML, "m.toml", "utf-8")))
        base = read_base(open_source([written(tmp_path, self.CSV, "f.csv", "utf-8")]), mapping=mapping)
        rows = base.factors[["id", "label", "unit", "total", "uncertainty_pct"]].to_numpy().tolist()
        assert rows[0] == ["FRN-A1", "Métal, Vis", "unité", 0.012, 20.0]
        assert rows[1][:3] == ["FRN-A2", "Métal, Tôle", "kg"]
        assert rows[1][3] == pytest.approx(1.8)
        assert base.refused["code"].tolist() == ["CW-256"]
        assert (base.name, base.key) == ("Fournisseurs 2025", "fournisseurs")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('prefix = "FRN-"', 'prefix = "frn"'),
            ('prefix = "FRN-"', 'prefix = "DZ-"'),
            ('version = "2025"', ""),
            ('total = "Empreinte"', ""),
            ('id = "Code"', 'identifiant = "Code"'),
            ('unit = "Par"', "unit = 3"),
            ("uncertainty_pct = 100", 'uncertainty_pct = "cent"'),
            ("[base]", "[base"),
            ("[units]", "units = 3\n[autre]"),
        ],
    )
    def test_a_wrong_mapping_is_told(self, old: str, new: str) -> None:
        assert old in self.TOML
        with pytest.raises(CodedError) as refused:
            generic.mapping_of(self.TOML.replace(old, new, 1))
        assert refused.value.message.code == "CW-246"

    def test_a_mapping_that_is_not_of_this_file(self, tmp_path: Path) -> None:
        with pytest.raises(CodedError) as refused:
            read_base(open_source([written(tmp_path, "a;b\n1;2\n")]), mapping=generic.mapping_of(self.TOML))
        assert refused.value.message.code == "CW-234"
