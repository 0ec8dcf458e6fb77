"""What a pull request and an issue are told of plans and of drift: once, by the newest run, in one place."""
