"""Citation Style Language: which style is meant, and references that every style can take."""
