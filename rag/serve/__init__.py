"""Other programs ask: HTTP and MCP, and the line that they wait in.

May import `rag.api` and what stands at the top.
"""
