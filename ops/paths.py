"""Places in the checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SYNTHESIZED = ROOT / "cdktf.out"
OUTPUTS = ROOT / "outputs"
LOCAL_AWS = ROOT / ".local-aws"


def stack_directory(environment: str) -> Path:
    """Where a stack's synthesized JSON lies and Terraform runs."""
    return SYNTHESIZED / "stacks" / environment
