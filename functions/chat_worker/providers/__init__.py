"""Who answers: a provider's model over its streaming HTTP API, or the built-in model."""
