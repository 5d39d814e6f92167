"""Floor 4: what was really paid, and what is owed."""
