"""One module for each concern of the stacks: what AWS meters of its resources."""
