"""The local AWS: MiniStack in a process of its own, with our fixes, reachable from this machine only."""
