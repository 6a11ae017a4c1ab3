"""The commands, and what they print.

May import `rag.api`, `rag.compose`, `serve`, `doctor`, `evaluation`, `bench`, `weights` and the page.
"""
