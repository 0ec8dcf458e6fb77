"""`make bench`: how long the project's commands take and what they use, against the goals, side by side."""
