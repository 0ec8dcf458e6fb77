"""API keys of the model providers: how they come into Secrets Manager, go back, and are rotated."""
