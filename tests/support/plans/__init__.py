"""Plans made by hand, as `terraform show -json` prints them: every combination of actions, and stories."""
