"""Floor 3: what agencies report."""
