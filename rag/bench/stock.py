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

from rag.settings import Settings
from rag.weights.resolve import resolve

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


class Pipeline:
    """The index in a Chroma folder, and the answer model."""

    def __init__(self, given: dict[str, Any]) -> None:
        """Open what `given` names; see `settings_of`. Batches of 512, since the framework's own 8 are twice as slow."""
        embeddings = OnnxEmbeddings(given["embed"], given["tokenizer"], given["threads"])
        self._index = Chroma(persist_directory=given["folder"], embedding_function=embeddings)
        self._llm = ChatLlamaCpp(
            model_path=given["model"],
            n_ctx=given["context_tokens"],
            n_batch=512,
            n_threads=given["threads"],
            temperature=0.0,
            max_tokens=given["answer_tokens"],
            verbose=False,
        )

    def answer(self, question: str) -> Iterator[str]:
        """Find the best four pieces, and yield the answer's."""
        found = self._index.similarity_search(question, k=4)
        context = "\n\n".join(document.page_content for document in found)
        for piece in self._llm.stream(_PROMPT.invoke({"question": question, "context": context})):
            if piece.content:
                yield str(piece.content)

    def forget(self) -> None:
        """Forget the question before, as a process just started has."""
        self._llm.client.reset()


def settings_of(settings: Settings, folder: Path) -> dict[str, Any]:
    """Return what a `Pipeline` over the index in `folder` is made of: the same weights, threads and bounds as ours."""
    return {
        "embed": str(resolve("embed", settings)),
        "tokenizer": str(resolve("embed-tokenizer", settings)),
        "folder": str(folder),
        "model": str(resolve(settings.model, settings)),
        "threads": settings.threads,
        "context_tokens": settings.context_tokens,
        "answer_tokens": settings.answer_tokens,
    }


def make_index(texts: Sequence[str], given: dict[str, Any]) -> None:
    """Cut `texts` into 1,000 characters with 200 in common, and keep them in a Chroma folder."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    documents = splitter.split_documents([Document(page_content=text) for text in texts])
    embeddings = OnnxEmbeddings(given["embed"], given["tokenizer"], given["threads"])
    Chroma.from_documents(documents, embeddings, persist_directory=given["folder"])


def main(given: dict[str, Any]) -> None:
    """Answer one question and end."""
    for piece in Pipeline(given).answer(given["question"]):
        sys.stdout.write(piece)
        sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
