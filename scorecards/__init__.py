"""Scorecards: what we conclude about an agency, with every point explained down to the rows it came from."""
