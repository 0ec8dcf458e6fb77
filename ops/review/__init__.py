"""One reading of a plan, shown in a terminal, in a comment, in a step summary and as a page."""
