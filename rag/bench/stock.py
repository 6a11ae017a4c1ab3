"""The usual way, as people write it with LangChain: read, cut, embed, keep in Chroma, stuff the best four in a prompt.

It is what `rag bench` measures against, with the same weights, threads and documents, and is used by nothing else. As a
script, `python -m rag.bench.stock '{...}'`, it answers one question over an index made before. Its embedder is a few
lines over onnxruntime: the usual one would import PyTorch first, which takes longer than the rest.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.update(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false", ANONYMIZED_TELEMETRY="False")

import numpy as np
import onnxruntime
from langchain_chroma import Chroma
from langchain_community.chat_models import ChatLlamaCpp
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.prompts import ChatPromptTemplate
from langchain_text_splitters import RecursiveCharacterTextSplitter
from tokenizers import Tokenizer

_PROMPT = ChatPromptTemplate.from_messages(
    [
        (
            "human",
            "You are an assistant for question-answering tasks. Use the following pieces of retrieved context to "
            "answer the question. If you don't know the answer, just say that you don't know. Use three sentences "
            "maximum and keep the answer concise.\nQuestion: {question}\nContext: {context}\nAnswer:",
        )
    ]
)
"""LangChain's own example for retrieval (rlm/rag-prompt)."""


class OnnxEmbeddings(Embeddings):  # type: ignore[misc]
    """onnxruntime as it comes: `batch` texts at a time, padded to the longest, the mean of the tokens' states."""

    def __init__(self, model: str, tokenizer: str, threads: int, batch: int = 32) -> None:
        """Load both files."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(tokenizer)
        self._tokenizer.enable_truncation(256)
        self._tokenizer.enable_padding()
        self.batch = batch

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), self.batch):
            encoded = self._tokenizer.encode_batch(texts[start : start + self.batch])
            mask = np.array([one.attention_mask for one in encoded], np.int64)
            inputs = {
                "input_ids": np.array([one.ids for one in encoded], np.int64),
                "attention_mask": mask,
                "token_type_ids": np.zeros_like(mask),
            }
            (states,) = self._session.run(None, inputs)
            mean = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            vectors += (mean / np.linalg.norm(mean, axis=1, keepdims=True)).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        return self.embed_documents([text])[0]


def chat_model(model: str, threads: int, context_tokens: int, answer_tokens: int) -> ChatLlamaCpp:
    """Return the answer model; batches of 512, since the framework's own 8 would be twice as slow."""
    return ChatLlamaCpp(
        model_path=model,
        n_ctx=context_tokens,
        n_batch=512,
        n_threads=threads,
        temperature=0.0,
        max_tokens=answer_tokens,
        verbose=False,
    )


def answer(llm: ChatLlamaCpp, passages: Sequence[str], question: str) -> Iterator[str]:
    """Yield the answer's pieces."""
    filled = _PROMPT.invoke({"question": question, "context": "\n\n".join(passages)})
    for piece in llm.stream(filled):
        if piece.content:
            yield str(piece.content)


def forget(llm: ChatLlamaCpp) -> None:
    """Forget the question before, as a process just started has."""
    llm.client.reset()


def make_index(texts: Sequence[str], folder: Path, embeddings: Embeddings) -> None:
    """Cut `texts` into 1,000 characters with 200 in common, and keep them in a Chroma folder."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    documents = splitter.split_documents([Document(page_content=text) for text in texts])
    Chroma.from_documents(documents, embeddings, persist_directory=str(folder))


def main(given: dict[str, Any]) -> None:
    """Answer one question and end."""
    embeddings = OnnxEmbeddings(given["embed"], given["tokenizer"], given["threads"])
    found = Chroma(persist_directory=given["folder"], embedding_function=embeddings).similarity_search(
        given["question"], k=4
    )
    llm = chat_model(given["model"], given["threads"], given["context_tokens"], given["answer_tokens"])
    for piece in answer(llm, [document.page_content for document in found], given["question"]):
        sys.stdout.write(piece)
        sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
