"""A script, not a test: does guessing copied spans make answers faster (prompt lookup decoding), and are they the same?

    python tests/try_copying.py [--docs DIR] [--questions N] [--threads N]

Where the last `--seen` tokens of an answer stand in a passage, the `--guessed` tokens behind them there are verified in
one batch with the next decode. Each question is answered both ways, in turn; the ratio is of the time of writing.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rag.answering.prompting import prompt
from rag.answering.reader import never
from rag.answering.retriever import retrieve
from rag.bench.questions import questions_about
from rag.compose import open_engine
from rag.llm.attention import MAIN
from rag.llm.llama import Llama, Piece
from rag.llm.llama_reader import LlamaReader
from rag.settings import read_settings


def plain(llama: Llama, token: int, position: int, most: int) -> list[int]:
    """Return the greedy answer from `token` on."""
    found = []
    while len(found) < most and not llama.is_end(token):
        found.append(token)
        for logits in llama.decode([Piece(token, position + len(found) - 1, (MAIN,), output=True)]):
            token = int(logits.argmax())
    return found


def copying(
    llama: Llama, token: int, position: int, most: int, read: Sequence[int], seen: int, guessed: int
) -> tuple[list[int], int, int]:
    """Return the greedy answer from `token` on, how many tokens were guessed, and how many rightly."""
    found: list[int] = []
    tried = right = 0
    while len(found) < most and not llama.is_end(token):
        found.append(token)
        guesses: list[int] = []
        last = found[-seen:]
        if len(last) == seen:
            at = next((i for i in range(len(read) - seen) if list(read[i : i + seen]) == last), None)
            guesses = [] if at is None else list(read[at + seen : at + seen + guessed])
        start = position + len(found) - 1
        batch = [Piece(t, start + i, (MAIN,), output=True) for i, t in enumerate([token, *guesses])]
        nexts = [int(logits.argmax()) for logits in llama.decode(batch)]
        token, accepted = nexts[0], 0
        for guess, following in zip(guesses, nexts[1:], strict=True):
            if guess != token or llama.is_end(token) or len(found) >= most:
                break
            found.append(token)
            token, accepted = following, accepted + 1
        tried, right = tried + len(guesses), right + accepted
        if accepted < len(guesses):
            llama.remove(MAIN, start + 1 + accepted)
    return found, tried, right


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--most", type=int, default=64)
    parser.add_argument("--seen", type=int, default=3)
    parser.add_argument("--guessed", type=int, default=7)
    given = parser.parse_args()
    settings = read_settings(docs=given.docs, threads=given.threads)
    ratios, same, tried, right = [], 0, 0, 0
    clock = time.process_time if (settings.threads == 1) else time.perf_counter
    with open_engine(settings) as engine:
        reader = engine.reader
        assert isinstance(reader, LlamaReader)
        llama = reader._llama
        asked = questions_about(engine.index.all_chunks(), given.questions)
        for number, question in enumerate(asked):
            passages = retrieve(engine.index, engine.embedder, [question], settings.passages)
            blocks = [reader._block(passage.chunk) for passage in passages]
            words = llama.tokenize(prompt("question", question=question))
            read = [token for block in blocks for token in block.tokens]
            answers, times = {}, {}
            for way in ("plain", "copying") if number % 2 else ("copying", "plain"):
                placed = reader._place(blocks, never)
                assert placed is not None
                logits, _ = reader._branch(words, placed[0])
                position = placed[0] + len(words) + len(reader._tails["answer"])
                begun = clock()
                if way == "plain":
                    answers[way] = plain(llama, int(logits.argmax()), position, given.most)
                else:
                    answers[way], more, good = copying(
                        llama, int(logits.argmax()), position, given.most, read, given.seen, given.guessed
                    )
                    tried, right = tried + more, right + good
                times[way] = clock() - begun
            same += answers["plain"] == answers["copying"]
            ratios.append(times["plain"] / times["copying"])
            sys.stdout.write(f"{ratios[-1]:.2f} {len(answers['plain'])} tokens: {question}\n")
    sys.stdout.write(
        f"{median(ratios):.2f} times as fast (median; {min(ratios):.2f} to {max(ratios):.2f}), {same} of {len(ratios)} "
        f"answers the same, {right} of {tried} guesses right\n"
    )


if __name__ == "__main__":
    main()
