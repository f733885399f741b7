"""What must hold of a finished run. Each rule looks at facts and gives its complaints; none means
that it holds. Nothing here asks a model for an opinion."""

from autonomy.evaluation.rules import cost, cycles, data, document, run, tools
from autonomy.evaluation.rules.known import RULES, complaints

__all__ = ["RULES", "complaints", "cost", "cycles", "data", "document", "run", "tools"]
