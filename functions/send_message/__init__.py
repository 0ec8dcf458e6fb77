"""Takes a message or a cancellation, and answers every frame that is neither."""
