"""Lets in who brings the token of a live magic link, from an allowed origin."""
