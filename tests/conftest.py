"""For all levels of tests."""

import constructs_lib  # noqa: F401 - before any import of cdktf: makes the bindings lazy
