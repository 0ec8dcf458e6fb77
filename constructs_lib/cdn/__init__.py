"""CDN (seed, "CDN Stack"): `distribution.py` has the construct, the other modules its parts."""
