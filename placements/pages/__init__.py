"""Pages of the placements floor that stand beside the views."""
