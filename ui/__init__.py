"""The page in the browser. It asks through `rag.api`; of the stages it knows their data."""
