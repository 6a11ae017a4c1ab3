"""The commands, and what they print.

May import `rag.api`, `rag.compose`, `serve`, the page, `doctor`, `evaluation`, `bench`, and of the rooms below
`documents`, `index` and `weights`, for the commands that look after them, and the data of an answer.
"""
