"""Policy: checkov and rules of our own over the synthesized stacks, scanners over the workflows."""
