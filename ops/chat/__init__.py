"""The chat from the terminal: sessions, the connection, and an answer as it streams in."""
