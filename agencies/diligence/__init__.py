"""Due diligence: what an agency tells of itself, how the bank looks into it, on what conditions it is let in, and how it leaves."""
