"""One module per verb of `ops`."""
