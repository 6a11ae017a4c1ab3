"""Computes tests/data/minilm_reference.npz: vectors of the official all-MiniLM-L6-v2, apart from this program's code.

    python tests/make_minilm_reference.py FOLDER

FOLDER holds the official repository's config.json, model.safetensors and tokenizer files; torch and transformers must
be installed (the program does not need them, so they are no dependency). Run once; the result is committed.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parent
SAFETENSORS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SHORT = """
A
?
42
Yes.
Hello 😀 world
🚢⚓🌊
!!! ... ---
2,400 kilograms
3.14159
1931
-17.5 °C at 06:40 on 12 March 2019, +4.2 % against 2018
$1,299.00 (incl. VAT), €0.99, £12, ¥5000, 1/3, 10⁻⁶
The harbour was dredged in 1931.
When was the harbour dredged?
Who dredged the harbor?
THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG
the quick brown fox jumps over the lazy dog
He did not say that she did.
She did not say that he did.
Dr. J. R. Smith, Ph.D., moved to St. Louis, Mo., in the 1990s.
"To be, or not to be?" – that's the question…
A naïve café owner's résumé: façade, coöperate, Ångström, São Tomé
http://example.org/path?query=1&page=2#top
someone@example.org wrote: > see RFC 2119, section 6
def fuse(rankings, k=60): return sorted(scores, key=lambda s: -s)
SELECT name, count(*) FROM ships WHERE year >= 1931 GROUP BY name;
{"id": 7, "tags": ["a", "b"], "nested": {"ok": true, "none": null}}
for (int i = 0; i < n; ++i) { sum += a[i] * b[i]; } // dot product
E = mc^2; ∫ x² dx = x³/3 + C; ∀ε>0 ∃δ>0
| ship | tons | year | |---|---|---| | Aurora | 1,200 | 1931 |
# Heading with **bold**, `code` and a [link](https://example.org)
antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis
今日は晴れです。明日は雨が降るでしょう。
港口于1931年疏浚。
항구는 1931년에 준설되었다.
Гавань углубили в 1931 году.
Порт поглибили у 1931 році.
Der Hafen wurde 1931 ausgebaggert, über alle Überraschungen hinweg.
Le port a été dragué en 1931 ; l’été suivant, il était plein.
El puerto fue dragado en 1931. ¿Quién lo pagó?
O porto foi dragado em 1931; ninguém reclamou.
Il porto è stato dragato nel 1931.
Portul a fost dragat în 1931 și adâncit din nou în 1950.
Port pogłębiono w 1931 roku, wbrew żółwiom.
Přístav byl vybagrován v roce 1931.
Hamnen muddrades år 1931, både för båtar och färjor.
Satama ruopattiin vuonna 1931.
Liman 1931 yılında tarandı; İstanbul'dan gemiler geldi.
Bến cảng được nạo vét vào năm 1931.
Το λιμάνι βυθοκορήθηκε το 1931.
تم تجريف الميناء عام 1931.
הנמל הועמק בשנת 1931.
बंदरगाह की खुदाई 1931 में हुई थी।
ท่าเรือถูกขุดลอกในปี 1931
বন্দরটি ১৯৩১ সালে খনন করা হয়েছিল।
துறைமுகம் 1931 இல் தூர்வாரப்பட்டது.
""".strip().splitlines()


def texts() -> list[str]:
    """Return the texts: short ones in many scripts, the seed's paragraphs, and some longer than 256 tokens."""
    seed = next((TESTS.parent / "seeds").glob("*.txt")).read_text(encoding="utf-8")
    paragraphs = [paragraph for paragraph in seed.split("\n") if len(paragraph.split()) > 12][:12]
    long = [seed, SHORT[12] * 60, " ".join(SHORT), "word " * 500, SHORT[32] * 30, "x" * 3000, SHORT[24] * 20]
    odd = [
        "  leading and trailing  ",
        "tab\tand\nnew\r\nline",
        "zero\u200bwidth\u00a0and\u00adsoft",
        "e\u0301 and \u00e9",
        "",
    ]
    return [*SHORT, *paragraphs, *long, *odd]


def main(folder: Path) -> None:
    """Write the fixture."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != SAFETENSORS_SHA256:
        raise SystemExit(f"{folder} does not hold the official weights: their SHA-256 is {found}.")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, use_safetensors=True).eval()
    vectors = []
    with torch.no_grad():
        for text in texts():
            encoded = tokenizer([text], truncation=True, max_length=256, return_tensors="pt")
            mean = model(**encoded).last_hidden_state[0].mean(dim=0)  # one text: nothing is masked
            vectors.append((mean / mean.norm()).numpy())
    target = TESTS / "data" / "minilm_reference.npz"
    target.parent.mkdir(exist_ok=True)
    np.savez_compressed(target, texts=np.array(texts()), vectors=np.array(vectors, np.float16))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
