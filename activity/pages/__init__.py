"""Pages of the activity floor besides reports: what follows from activity, and how well agencies report."""
