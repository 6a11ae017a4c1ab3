"""Which weights there are, where they lie, whether they are the right ones, and how they get here.

May import only what stands at the top.
"""
