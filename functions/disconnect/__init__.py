"""Forgets a connection of the chat."""
