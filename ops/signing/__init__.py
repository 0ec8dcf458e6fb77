"""Signing download links: the pair of keys, where each half lies, and the links themselves."""
