"""Taking an environment down: what it holds, what protects it, its buckets emptied, what is left of it."""
