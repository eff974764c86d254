"""From activity lines to emissions, posts and views. Pure: no workbook, no Excel."""
