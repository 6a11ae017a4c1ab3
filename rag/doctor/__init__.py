"""What is installed, where things are, what is wrong and what mends it.

Looks at every room, so it may import everything below the commands.
"""
