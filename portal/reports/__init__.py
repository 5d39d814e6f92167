"""Files of rows that somebody sent: received, read in the background exactly once, answered row by row.

Every kind of file (activity, payments, accounts, the bank's ledger …) goes this way; its package registers a `FileKind` with its
table and what to do with sound rows. Rows and the mark how far the file was read commit together, so that a reader killed anywhere
goes on at the next row; the same bytes from one sender are taken once.
"""
