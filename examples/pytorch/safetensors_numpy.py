"""safetensors in a few lines, for machines without the package of that name (its safetensors.torch.save_file and
load_file write and read the same files). https://github.com/huggingface/safetensors#format"""

import json
import struct

import numpy as np

DTYPES = {"F32": "<f4", "F64": "<f8", "U32": "<u4", "I64": "<i8"}


def save(path, arrays, metadata=None):
    """Writes named arrays, PyTorch's or NumPy's, and a table of strings."""
    header = {"__metadata__": metadata} if metadata else {}
    parts = []
    offset = 0
    for name, array in arrays.items():
        array = np.asarray(array)
        dtype = next((key for key, value in DTYPES.items() if np.dtype(value) == array.dtype), None)
        if dtype is None:
            raise TypeError(f"{name} is {array.dtype}; {', '.join(DTYPES)} can be saved")
        parts.append(array.tobytes())
        header[name] = {
            "dtype": dtype,
            "shape": list(array.shape),
            "data_offsets": [offset, offset + len(parts[-1])],
        }
        offset += len(parts[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def load(path):
    """Named NumPy arrays, and the table of strings."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(body[begin:end], DTYPES[entry["dtype"]])
        arrays[name] = array.reshape(entry["shape"]).copy()  # writable, as PyTorch wants it
    return arrays, metadata
