"""Answers the jobs of the queue: asks the model and streams what it says to the client."""
