"""A plan that can be carried from the run that made it to the run that applies it."""
