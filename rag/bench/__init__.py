"""How fast this is, each figure beside another of the same run.

May import everything below the commands, and `serve`.
"""
