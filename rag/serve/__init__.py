"""Other programs ask: HTTP and MCP, the line that they wait in, and the socket of the user's own `rag ask`.

May import `rag.api`, the data of an answer (`answering.answer`, `answering.citations`), and what stands at the top.
"""
