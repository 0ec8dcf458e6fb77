"""A deployed dashboard with live values, for where there is no console: a page of its own, or a terminal.

`reading` asks AWS, `model` is what it found, `page` and `charts` draw it, `summary` is for terminals.
"""
