"""Pages of this floor that stand beside its main ones: requests and documents, endings, what is placed without papers."""
