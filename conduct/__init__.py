"""Was it done rightly: the rules of conduct, the engine that judges what agencies report, and what follows from a breach.

The rules are data (`conduct/rules/*.toml`); their mechanisms are pure functions over values (`conduct/kinds`), which know
no database, no clock and no web. `docs/conduct.md` tells how they fit together.
"""
