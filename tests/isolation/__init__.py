"""What the tests of isolation are made of: a world of two agencies, every address, the matrix, the filters it proves."""
