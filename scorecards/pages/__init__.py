"""The pages of this floor as values: each module asks the queries, puts words and charts to the answers, and hands one value to its template."""
