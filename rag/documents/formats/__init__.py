"""One reader a family of formats, each `read(file, name)` yielding parts.

They run in a child process (`rag.documents.parsing`). Readers know nothing of folders, processes or the index.
`kinds` says which file is read by which, `limits` how much.
"""
