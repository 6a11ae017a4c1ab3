"""Who waits on the page is told how long, as far as this machine's pace and the last questions say."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fakes import HARBOUR, HashEmbedder, OverlapReranker, ScriptedReader, tell_of_the_harbour
from rag.answering.engine import Engine
from rag.api import Rag
from rag.index.index import Index
from rag.pace import Pace, Place, keep, known_pace
from rag.ui.conversations import Conversations
from rag.ui.handlers import Handlers
from rag.ui.line import Line
from rag.ui.models import AnswerModels
from rag.ui.uploads import Uploads

QUESTION = "When was the harbour of Lysa dredged?"


def test_who_waits_is_told_how_long(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
    index = Index.open(tmp_path / "index", dimensions=64, fingerprint="test")
    reader = ScriptedReader(tell_of_the_harbour)
    engine = Engine(
        docs, index, HashEmbedder(), reader, OverlapReranker(), budget=100, count=lambda text: len(text.split())
    )
    engine.refresh()
    place = Place(str(tmp_path / "pace.json"), reader.name)
    request: Any = SimpleNamespace(session_hash="1", request=SimpleNamespace(cookies={}), username=None)
    with Rag.over(engine) as rag:
        models = AnswerModels(reader, place=lambda name: Place(place.file, name))
        handlers = Handlers(rag, Conversations(None), models, Line(), Uploads(rag))

        def told() -> list[str]:
            return [view.turns[-1].status for view in handlers.ask(QUESTION, (), request) if view.turns[-1].status]

        assert [text.endswith("…") for text in told()] == [True, True]  # nothing was measured here
        keep(place, Pace(100.0, 20.0, 600.0, 3.0))
        looking, reading = told()
        assert looking.endswith("… about 9 s to the first word")
        assert reading.startswith("Reading harbour.txt") and reading.endswith("… about 6 s to the first word")
    pace = known_pace(place)
    assert pace is not None and pace.evaluated is not None and pace.evaluated < 600  # and learns from it
