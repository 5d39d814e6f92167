"""Placements: the accounts, and who holds them."""
