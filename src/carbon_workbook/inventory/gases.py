"""The columns of a gas split, in kgCO2e, and the stages of a life cycle. One order for the whole engine."""

from __future__ import annotations

from carbon_workbook.factors.catalogue import GASES

BIOGENIC = "co2_biogenic"
"""Stands beside, never in a total (decision B9)."""

COLUMNS = (*GASES, BIOGENIC)
"""The six gases sum to the value of a stage, ``unsplit`` being what the base does not split (decision B1)."""

STAGES = ("whole", "combustion", "upstream", "losses", "manufacture", "contrails", "use", "other")
"""Stage kinds; ``whole`` stands for a factor that the base does not decompose."""

__all__ = ["BIOGENIC", "COLUMNS", "GASES", "STAGES"]
