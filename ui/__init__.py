"""The page in the browser. It knows `rag.api` and nothing of the stages behind it."""
