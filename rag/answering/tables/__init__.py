"""A question → a computation over one table of the documents, and its rows as sources; or None. See `answer`.

May import what `answering` may.
"""
