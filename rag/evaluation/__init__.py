"""How good the answers are, measured over sets of questions.

May import everything below the commands.
"""
