"""Official factor files to factors and stages. The files themselves are opened by ``carbon_workbook.imports``."""
