"""What the bank asks of agencies besides credentials: documents by a day, and that named people read its policies and attest it."""
