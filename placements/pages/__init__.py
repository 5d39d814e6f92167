"""Pages of this floor that stand beside its main ones: the strategy, requests and documents, endings, what is placed without papers."""
