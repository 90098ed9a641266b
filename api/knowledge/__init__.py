"""The knowledge base: documents cut into passages, full-text search, and answers with citations."""
