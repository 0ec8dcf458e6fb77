"""What one environment has and another has not, beyond what their configurations say."""
