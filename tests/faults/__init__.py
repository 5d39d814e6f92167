"""Faults: processes killed and frozen, links cut, callers who repeat themselves. Nothing may be lost and nothing doubled."""
