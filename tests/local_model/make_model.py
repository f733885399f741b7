"""Makes a language model that has learnt nothing: a real file for a real local server.

Two layers of the Llama architecture with random weights, letters and common words as tokens, every
byte as a fallback. What it says is gibberish, but everything around it is what a trained model
would meet: tokens, streaming, grammars, limits, errors.

Run it with a Python that has `gguf` and `numpy` (see README.md):

    python tests/local_model/make_model.py /tmp/gibberish.gguf
"""

from __future__ import annotations

import argparse
import re
import string
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, LAYERS, HEADS, INNER = 64, 2, 4, 128
CONTEXT = 32_768
WORDS = 1_500
SEED = 4
END_LOGIT = 1.5
"""How readily it stops: an answer then has some dozens to hundreds of tokens."""
SPACE = "\u2581"
DOCS = Path(__file__).resolve().parents[2] / "docs"

TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def vocabulary() -> tuple[list[str], list[float], list[int]]:
    """Tokens, scores (higher merges first) and kinds, in SentencePiece's form."""
    import gguf

    kind = gguf.TokenType
    rows: list[tuple[str, float, int]] = [
        ("<unk>", 0.0, kind.UNKNOWN),
        ("<s>", 0.0, kind.CONTROL),
        ("</s>", 0.0, kind.CONTROL),
        ("<|im_start|>", 0.0, kind.CONTROL),
        ("<|im_end|>", 0.0, kind.CONTROL),
    ]
    rows += [(f"<0x{byte:02X}>", 0.0, kind.BYTE) for byte in range(256)]
    letters = [SPACE, *(c for c in string.printable[:95] if c != " ")]
    rows += [(letter, -10_000.0, kind.NORMAL) for letter in letters]
    known = {text for text, _, _ in rows}
    # SentencePiece joins two tokens only into a third that it knows: so every beginning of a word
    # is one too.
    for rank, word in enumerate(_words()):
        for end in range(2, len(word) + 1):
            piece = word[:end]
            if piece not in known:
                known.add(piece)
                rows.append((piece, -float(rank) - (len(word) - end) / 100, kind.NORMAL))
    texts, scores, kinds = zip(*rows, strict=True)
    return list(texts), list(scores), [int(kind) for kind in kinds]


def _words() -> list[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md")))
    found = Counter(re.findall(r"\b[a-z]{2,10}\b", text))
    return [SPACE + word for word, _ in found.most_common(WORDS)]


def weights(tokens: list[str], kinds: list[int]) -> dict[str, Any]:
    """Random tensors by name; bytes that are no text of their own are made unlikely."""
    import gguf

    rng = np.random.default_rng(SEED)
    size = len(tokens)

    def random(*shape: int, scale: float) -> Any:
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    output = random(size, WIDTH, scale=0.35)
    # The first number of every last state is held at one, so that a row's first number is its bias.
    quiet = {gguf.TokenType.BYTE, gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL}
    output[:, 0] = [-30.0 if kind in quiet else 0.0 for kind in kinds]
    end = tokens.index("<|im_end|>")
    output[end, 1:] = 0.0
    output[end, 0] = END_LOGIT
    norm = np.ones(WIDTH, np.float32)
    found: dict[str, Any] = {
        "token_embd.weight": random(size, WIDTH, scale=1.0),
        "output_norm.weight": norm,
        "output.weight": output,
    }
    found["token_embd.weight"][:, 0] = 8.0
    for layer in range(LAYERS):
        name = f"blk.{layer}."
        found[f"{name}attn_norm.weight"] = norm
        found[f"{name}ffn_norm.weight"] = norm
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            found[f"{name}{part}.weight"] = random(WIDTH, WIDTH, scale=0.12)
        found[f"{name}ffn_gate.weight"] = random(INNER, WIDTH, scale=0.12)
        found[f"{name}ffn_up.weight"] = random(INNER, WIDTH, scale=0.12)
        found[f"{name}ffn_down.weight"] = random(WIDTH, INNER, scale=0.09)
        for part in ("attn_output", "ffn_down"):
            found[f"{name}{part}.weight"][0, :] = 0.0
    return found


def write(path: Path) -> None:
    import gguf

    tokens, scores, kinds = vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("gibberish")
    writer.add_description("Random weights. Knows nothing; made for tests.")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(tokens.index("<s>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in weights(tokens, kinds).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{path}: {len(tokens)} tokens, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("path", type=Path)
    write(parser.parse_args().path)
