"""`python -m rag` is `rag`."""

from rag.cli.start import main

main()
