"""What AWS has once per account; `account_stack.py` wires it."""
