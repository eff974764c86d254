"""``python -m carbon_workbook``: the command line."""

from carbon_workbook.cli import main

main(prog_name="carbon-workbook")
