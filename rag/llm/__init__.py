"""What answers: llama.cpp with kept attention, or a model server; both are a `Reader`.

May import the seam (`answering.reader`, `answering.prompting`), `documents` and what stands at the top.
"""
