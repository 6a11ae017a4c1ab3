"""Answers from your own documents, each statement with its exact source sentences."""
