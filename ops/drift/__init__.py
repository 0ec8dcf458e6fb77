"""What was changed outside Terraform, apart from what waits in the code.

An ordinary plan tells all of it in its JSON: `resource_drift` is everything that its refresh found otherwise
than the last run left it (the same list as with -refresh-only; only the text for people leaves out what does
not matter to the plan), and `resource_changes` is what it would do. That mixes the way back from drift with
what waits in the code; a second plan with -refresh=false, which never looks at AWS, tells them apart. It is
made only where there is both drift and something to do.
"""
