"""Community health: facts from the log, folded into state, counted by one catalogue of definitions."""
