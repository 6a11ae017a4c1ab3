"""The page in the browser. It knows `rag.engine` and nothing of the stages behind it."""
