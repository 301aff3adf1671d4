"""Makes the fixtures: `python3 make.py OUT [DATA]`, DATA being a folder with ESC-10's audio/*.wav. `bun run oracle`
runs it. Prints the name of each when it is written, and what it does meanwhile, indented."""

import os
import sys

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "../../examples/pytorch")]

import frontend  # noqa: E402
import layers  # noqa: E402
import methods  # noqa: E402
import mn  # noqa: E402
import numpy as np  # noqa: E402
import optimizers  # noqa: E402
import safetensors_numpy  # noqa: E402
import sequences  # noqa: E402
import signals  # noqa: E402
import torch  # noqa: E402
import torchaudio  # noqa: E402
import training  # noqa: E402
import transformers  # noqa: E402
import waves  # noqa: E402
import weights  # noqa: E402


def to_float32(value):
    """What was computed in float64 is kept in float32: a rounding of 6e-8, far below what any test allows."""
    array = np.asarray(value.detach() if isinstance(value, torch.Tensor) else value)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def main():
    out = sys.argv[1]
    data = sys.argv[2] if len(sys.argv) > 2 else None
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)  # sums in one order

    made_by = f"torch {torch.__version__}, torchaudio {torchaudio.__version__}"

    def write(name, arrays, metadata):
        path = os.path.join(out, f"{name}.safetensors")
        kept = {key: to_float32(value) for key, value in arrays.items()}
        safetensors_numpy.save(path, kept, {**metadata, "made by": made_by})
        print(name, flush=True)

    for part in (frontend, layers, methods, mn, optimizers, sequences, signals, training, transformers, waves, weights):
        part.make(write, data)


main()
