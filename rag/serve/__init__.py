"""Other programs ask: HTTP and MCP, and the line that they wait in.

May import `rag.api`, the data of an answer (`answering.answer`, `answering.citations`), and what stands at the top.
"""
