"""A question → passages → an answer, its citations, or silence. The `Reader` (seam 2) is declared here, not made.

May import `index`, `documents` and what stands at the top.
"""
