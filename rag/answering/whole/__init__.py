"""Requests about a whole document: summary, about, list, timeline, comparison, and another form of the last answer.

Every stage gives lines that carry the sentences they rest on. May import the rest of `answering` but its engine,
`index`, `documents` and what stands at the top.
"""
