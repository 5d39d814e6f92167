"""Sample data: the tapes and the ledger that the demo, the tests and the benchmarks stand on, and what makes activity for them.

`tape` reads the files and moves their dates; `activity` writes an agency's report with its ground truth; `claims` and `complaints`
write its other two reports. Nothing here knows the portal: the demo hands these bytes to the same doors that a bank and its
agencies use.
"""
