"""Reading Terraform's plans: `terraform show -json` as typed values, differences, and who made a resource.

Source: developer.hashicorp.com/terraform/internals/json-format. Nothing here starts Terraform or asks AWS.
"""
