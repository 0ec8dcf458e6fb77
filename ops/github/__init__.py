"""GitHub's REST API, as far as commands use it; PyGithub speaks it."""
