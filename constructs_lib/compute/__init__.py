"""Lambda functions: what they are called, made of and allowed to."""
