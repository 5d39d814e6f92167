"""Public registers and sanctions lists, really asked: what each said of an agency, when, with the answer kept as evidence.

One client a file turns a register's answer into a value; `transport` is the one way out; `table` says which register speaks of what. The
acts (`asking`, `watching`, `adverse`) record, compare and open tasks; nothing that a register says changes a record silently.
"""
