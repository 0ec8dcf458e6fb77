"""The constructs. The only package of the project that imports cdktf and its provider bindings.

Importing it makes those imports lazy (see `lazy_bindings`) and mends what cdktf writes as HCL (see
`hcl_output`); nothing else happens here.
"""

from constructs_lib import hcl_output, lazy_bindings

lazy_bindings.install()
hcl_output.install()
