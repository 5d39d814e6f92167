"""Floor 1: who may work for us, where, on what terms."""
