"""What IAM policies allow, as sets of requests that can be compared.

A request is a principal, an action, a resource and the values of context keys. Texts have no end, but a
policy can only tell them apart by its own patterns: texts that match the same ones are one class. So every
statement is a box in a space with few places (`space.py`), and what a change newly allows is what is left of
the new boxes once the old ones are cut out of them. Nothing here knows Terraform.
"""
