"""What stops a plan: data that would be lost, access that would widen, things that would become public."""
