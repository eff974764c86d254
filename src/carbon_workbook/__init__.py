"""Greenhouse-gas inventory in a workbook: one engine, several doors (Excel, command line, launcher)."""

__version__ = "0.1.0"
