"""Rules of our own, one module for each concern: what checkov has no check for, or looks at less closely."""
