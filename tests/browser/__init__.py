"""The pages in a browser: a gallery of every part, and what it is held to."""
