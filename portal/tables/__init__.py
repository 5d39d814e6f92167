"""Tables of rows from outside: the model of a kind of file, its reading in every format, its faults and their repair, its writing."""
