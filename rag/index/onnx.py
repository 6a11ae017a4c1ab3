"""One small ONNX transformer with its tokenizer, run text by text. It does not know what its numbers mean.

Texts are run one at a time, as many at once as there are cores, each on one thread: no padding is computed, and a
text's numbers do not depend on its neighbours. The cross-encoder's int8 scales are taken over a whole batch; in batches
of equal length a probability was seen to move by 0.12.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.cores import physical_cores
from rag.errors import WeightsError

Text = str | tuple[str, str]
Floats = NDArray[np.float32]


class OnnxTransformer:
    """A model with inputs input_ids, attention_mask and token_type_ids, and one output. Thread-safe."""

    def __init__(self, model: Path, tokenizer: Path, *, max_tokens: int, threads: int = 0) -> None:
        """Load both files; a text is cut at `max_tokens` tokens, a pair at its longer side. Raises WeightsError."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        onnxruntime.disable_telemetry_events()
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # both libraries raise their own kinds
            raise WeightsError(
                f"{model.name} or {tokenizer.name} in {model.parent} cannot be loaded: {error}. Run 'rag models "
                "verify', which names the damaged file, and then 'rag models fetch NAME'."
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._threads = threads or physical_cores()

    def map(self, texts: Sequence[Text], reduce: Callable[[Floats], Floats]) -> list[Floats]:
        """Run each text and return `reduce(output)` of each, in the order of `texts`.

        The output is the model's first, without the batch dimension.
        """
        longest_first = sorted(range(len(texts)), key=lambda i: -sum(map(len, texts[i])))
        with ThreadPoolExecutor(self._threads) as pool:
            found = dict(pool.map(lambda i: (i, reduce(self._run(texts[i]))), longest_first))
        return [found[i] for i in range(len(texts))]

    def _run(self, text: Text) -> Floats:
        encoded = self._tokenizer.encode(*((text,) if isinstance(text, str) else text))
        inputs = {
            "input_ids": np.array([encoded.ids], np.int64),
            "attention_mask": np.array([encoded.attention_mask], np.int64),
            "token_type_ids": np.array([encoded.type_ids], np.int64),
        }
        output: Floats = self._session.run(None, inputs)[0][0]
        return output
