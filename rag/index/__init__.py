"""Chunks on disk, found by vector and by word: SQLite, Chroma, the embedder (seam 1), the cross-encoder.

May import `documents` and what stands at the top.
"""
