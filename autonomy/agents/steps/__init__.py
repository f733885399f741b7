"""What the executor does for a step, a module for each kind: each carries out one step of the plan
and answers with an `Outcome`."""
