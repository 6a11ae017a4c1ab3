"""Answers become markup that shows exactly what they say, and nothing out of a document becomes markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import HOSTILE
from rag.answering.abstain import REFUSAL
from rag.answering.answer import Answer, Computation, Timings
from rag.answering.citations import Source, Statement
from rag.errors import UsageError
from rag.ui.conversations import Turn, answer_markdown
from rag.ui.handlers import history_of
from rag.ui.programs import history_of_messages
from rag.ui.render import NOT_FOUND, answer_html, escape, looking, problem_html, reading
from rag.ui.render_documents import header_html
from rag.ui.render_sources import sources_html


class Elements(HTMLParser):
    """What a browser would make of it: the tags with their attributes, and the text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, tag: str, attribute: str) -> list[str | None]:
        return [attributes.get(attribute) for name, attributes in self.tags if name == tag]


def answer(
    text: str = "The bridge is long.",
    *,
    sentence: str = "The bridge is 412 metres long.",
    document: str = "notes.txt",
    cited: tuple[int, ...] = (1,),
    abstained: bool = False,
    question: str = "How long?",
    stopped: bool = False,
) -> Answer:
    passage = f"Before. {sentence} After."
    start = 100 + len("Before. ")
    sources = (Source(1, document, document, 3, start, start + len(sentence), sentence, 0.9, 100, passage),)
    statements = () if abstained else (Statement(text, 0, len(text), bool(cited), cited),)
    timings = Timings(0.1, 0.2, 0.3, 10, 8, 5)
    return Answer(question, question, text, abstained, 0.97, statements, sources, timings, "scripted", stopped)


def test_a_statement_ends_in_its_marker_and_the_panel_holds_its_target() -> None:
    shown, panel = Elements(answer_html(answer(), 2)), Elements(sources_html([(2, answer())]))
    assert "The bridge is long.\u2060[1]" in shown.text  # no line may begin with a marker
    assert shown.values("a", "href") == ["#source-2-1"]
    assert panel.values("mark", "id") == ["source-2-1"]
    assert "notes.txt" in panel.text and "page 3 · characters 108–138" in panel.text
    mark = re.search(r"<mark[^>]*>.*?</span>(.*?)</mark>", sources_html([(2, answer())]))
    assert mark and mark[1] == "The bridge is 412 metres long."
    assert panel.text.count("Before.") == 1 and panel.text.count("After.") == 1


def test_an_unsupported_statement_is_marked_in_words() -> None:
    shown = Elements(answer_html(answer(cited=()), 1))
    assert NOT_FOUND in shown.text and f"1 statement of 1 {NOT_FOUND}" in shown.text
    assert not shown.values("a", "href")
    assert NOT_FOUND not in Elements(answer_html(answer(), 1)).text


def test_silence_shows_the_refusal_and_the_nearest_sentences() -> None:
    silent = answer(REFUSAL, abstained=True)
    shown = Elements(answer_html(silent, 1))
    assert shown.text.startswith(REFUSAL)
    assert "The bridge is 412 metres long." in shown.text
    assert "Nearest sentences" in sources_html([(1, silent)])


def test_confidence_and_stopping_are_said_in_words() -> None:
    assert "very sure" in answer_html(answer(), 1)
    assert "Stopped before the end." in answer_html(answer(stopped=True), 1)


def test_the_lines_of_a_summary_have_their_markers_and_no_confidence() -> None:
    told = "Summary:\n- The bridge is long.\n- The bridge is 412 metres long."
    lines = (
        Statement("The bridge is long.", 11, 30, True, (1,)),
        Statement("The bridge is 412 metres long.", 33, 63, True, (1,)),
    )
    shown = answer_html(replace(answer(told), statements=lines, kind="summary"), 1)
    text = Elements(shown).text
    assert "Summary:\n- The bridge is long." in text and "Each line shows its sentences" in text
    assert "Confidence" not in shown and len(Elements(shown).values("a", "href")) == 2
    talk = answer_html(replace(answer("Hello!"), statements=(), sources=(), kind="talk"), 1)
    assert "Confidence" not in talk and "Each line" not in talk


def test_a_marker_without_its_source_is_not_shown() -> None:
    assert Elements(answer_html(answer(cited=(1, 7)), 1)).values("a", "href") == ["#source-1-1"]


def test_how_it_was_computed_is_shown_as_text() -> None:
    sql = "SELECT COUNT(*) FROM data WHERE town = '<b>${x}</b>'"
    counted = replace(answer(), computation=Computation(sql, "<i>towns</i>.csv", 12))
    shown = answer_html(counted, 1)
    assert "How was this computed?" in Elements(shown).text
    assert "Computed from 12 rows of <i>towns</i>.csv; the first 1 are shown." in Elements(shown).text
    assert "<b>" not in shown and "<i>" not in shown and "${" not in shown
    assert "computed" not in answer_html(answer(), 1)


def test_sentences_of_one_passage_share_a_card_and_earlier_answers_are_folded() -> None:
    passage = "One is here. Two is there."
    make = [
        Source(1, "a", "a", None, 13, 26, "Two is there.", 0.9, 0, passage),
        Source(2, "a", "a", None, 0, 12, "One is here.", 0.9, 0, passage),
    ]
    both = Answer("q", "q", "x", False, 0.9, (), tuple(make), Timings(0, 0, 0, 0, 0, 0), "m")
    panel = Elements(sources_html([(1, answer(question="Earlier?")), (2, both)]))
    assert [tag for tag, _ in panel.tags].count("article") == 2
    assert panel.values("mark", "id") == ["source-2-2", "source-2-1", "source-1-1"]
    assert panel.text.index("Two is there") < panel.text.index("Earlier?")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_from_outside_becomes_markup(text: str) -> None:
    calm = answer()
    hostile = answer(text, sentence=text, document=text, question=text)
    silent = answer(text, sentence=text, document=text, question=text, abstained=True)
    pairs = [
        (answer_html(calm, 1), answer_html(hostile, 1)),
        (sources_html([(1, calm), (2, calm)]), sources_html([(1, hostile), (2, hostile)])),
        (answer_html(answer(abstained=True), 1), answer_html(silent, 1)),
        (problem_html(UsageError("calm")), problem_html(UsageError(text.replace("`", "")))),
    ]
    for usual, markup in pairs:
        expected, found = Elements(usual), Elements(markup)
        assert [(tag, list(attributes)) for tag, attributes in found.tags] == [
            (tag, list(attributes)) for tag, attributes in expected.tags
        ]
        assert text.replace("`", "") in found.text or text in found.text
        assert "${" not in markup and "{{" not in markup


@settings(deadline=None)
@given(st.text())
def test_escaped_text_reads_as_itself(text: str) -> None:
    text = text.replace("\r", "").replace("\0", "")
    found = Elements(f'<p title="{escape(text)}">{escape(text)}</p>')
    assert found.text == text
    assert found.values("p", "title") == [text]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 9), max_size=4), max_size=5), st.integers(0, 4))
def test_markers_lead_to_sources_that_are_shown(cited: list[list[int]], count: int) -> None:
    text = " ".join(f"Statement {i}." for i in range(len(cited)))
    statements, at = [], 0
    for i, numbers in enumerate(cited):
        statement = f"Statement {i}."
        statements.append(Statement(statement, at, at + len(statement), bool(numbers), tuple(numbers)))
        at += len(statement) + 1
    sources = tuple(Source(n, "a", "a", None, n, n + 1, "x", 0.9, 0, "xxxxxx") for n in range(1, count + 1))
    whole = Answer("q", "q", text, False, 0.9, tuple(statements), sources, Timings(0, 0, 0, 0, 0, 0), "m")
    links = {str(link)[1:] for link in Elements(answer_html(whole, 1)).values("a", "href")}
    assert links <= set(Elements(sources_html([(1, whole)])).values("mark", "id"))


def test_small_texts() -> None:
    assert "1 document, 1,200 sentences" in header_html(1, 1200)
    assert reading(["a", "b", "a", "c", "d"]) == "Reading a, b, c and 1 more …"
    assert reading(["a"], 5.6) == "Reading a … about 6 s to the first word"
    assert (looking(), looking(0.2)) == (
        "Looking through the documents …",
        "Looking through the documents … about 1 s to the first word",
    )
    assert "<code>rag index</code>" in problem_html(UsageError("Run `rag index`."))
    assert "appear here" in sources_html([])


def test_a_comparison_is_a_table_on_the_page_and_in_markdown() -> None:
    text = "|  | A & B | C |\n|---|---|---|\n| cost | It costs 5 EUR. | — |\n\nThe difference is 2 EUR."
    start = text.index("It costs")
    statement = Statement("It costs 5 EUR.", start, start + len("It costs 5 EUR."), True, (1,))
    read = replace(answer(sentence="It costs 5 EUR."), answer=text, statements=(statement,))
    told = replace(read, kind="compare")
    shown = answer_html(told, 1)
    assert shown.count("<tr>") == 2 and '<th scope="col" dir="auto">A &amp; B</th>' in shown
    assert '<th scope="row" dir="auto">cost</th>' in shown and '<td dir="auto">—</td>' in shown
    assert re.search(r'<td dir="auto"><span class="statement">It costs 5 EUR\..*\[1\]', shown)
    assert '<p class="text" dir="auto">\nThe difference is 2 EUR.</p>' in shown
    lines = answer_markdown(told).splitlines()
    assert lines[:3] == ["|  | A & B | C |", "|---|---|---|", "| cost | It costs 5 EUR.[1] | — |"]
    assert "<table>" not in answer_html(read, 1)


def test_history_is_what_was_answered() -> None:
    turns = (Turn("a?", answer("A.")), Turn("b?", problem="no"), Turn("c?", arriving="C"))
    assert history_of(turns) == [("user", "a?"), ("assistant", "A.")]


def test_history_comes_in_two_shapes() -> None:
    plain = [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "A [1]. B [2][3]."}]
    parts = [
        {"role": "user", "content": [{"type": "text", "text": "a?"}]},
        {"role": "system", "content": "x"},
        {"role": "assistant", "content": [{"type": "file", "file": {}}, {"type": "text", "text": "A [1]. B [2][3]."}]},
    ]
    assert history_of_messages(plain) == history_of_messages(parts) == [("user", "a?"), ("assistant", "A. B.")]
