"""From the AWS CDK stacks that came before (`ops migrate ENV --from-cdk`) to this project.

What holds data keeps its name and its content: Terraform imports it, by blocks that lie beside the stack.
Everything else is made anew beside the old, which goes with its stack. `docs/MIGRATION.md` has the steps.

- `cdk`: what the old stacks hold, asked of CloudFormation, and of tags once a stack is gone.
- `kinds`: which of that holds data, and what becomes of each kind.
- `imports`: what a plan would create that is there already, and the keys that encrypt it.
- `fitness`: what would make a table or bucket impossible to take over as it is.
- `verdict`: what a plan would do to what holds data.
- `retain`: keeps the old stacks from taking it along when they are deleted.
"""
