"""`python -m rag` is `rag`."""

from rag.cli.app import main

main()
