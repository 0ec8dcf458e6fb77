"""WebSocket: the API of the chat, its functions and its queue (seed, "API Gateway Stack")."""
