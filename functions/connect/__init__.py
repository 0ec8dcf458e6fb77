"""Notes a new connection of the chat."""
