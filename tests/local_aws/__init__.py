"""Tests of the local AWS itself; they start instances but no Terraform."""
