"""From a synthesized stack to a plan, from a plan to what is deployed."""
