"""Pages of the activity floor besides reports: what follows from activity, how well agencies report, and their saved mappings."""
