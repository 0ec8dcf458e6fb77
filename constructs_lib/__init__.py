"""The constructs. The only package of the project that imports cdktf and its provider bindings.

Importing it makes those imports lazy (see `lazy_bindings`); nothing else happens here.
"""

from constructs_lib import lazy_bindings

lazy_bindings.install()
