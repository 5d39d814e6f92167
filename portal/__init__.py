"""The foundation: sign-in, permissions, audit, database, jobs, files and tables; it knows no business."""
