"""What an environment costs in a month, offline: dated prices, and usage as the repository assumes it."""
