"""PyTorch's and torchaudio's own lists of names, as `python3 names.py > pytorch.json` found them: what FEATURES.md is a
table of. In-place forms (add_), classes' insides and the variants that return indices besides are left out."""

import inspect
import json

import torch
import torchaudio
from torch import nn

HELPERS = {"assert_int_or_pair", "boolean_dispatch", "handle_torch_function", "native_channel_shuffle"}

# Methods of Tensor that compute nothing: devices, storages, sparse and quantized layouts, named dimensions, bookkeeping.
NO_OPERATIONS = set(
    """align_as align_to as_subclass ccol_indices coalesce col_indices cpu crow_indices cuda data_ptr dense_dim dequantize
    element_size get_device has_names indices int_repr ipu is_coalesced is_distributed is_inference is_pinned is_set_to
    is_shared new new_empty_strided pin_memory q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale
    q_zero_point qscheme record_stream refine_names reinforce rename resize resize_as row_indices smm sparse_dim sparse_mask
    sspaddmm storage storage_offset storage_type to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr
    to_sparse_coo to_sparse_csc to_sparse_csr unsafe_chunk unsafe_split unsafe_split_with_sizes values xpu""".split()
)

# What PyTorch has as functions of torch and not as methods, of the kinds that a small model is made with.
OF_TORCH = set(
    """arange block_diag broadcast_tensors bucketize cartesian_prod cat cdist chain_matmul column_stack combinations complex
    dstack einsum empty empty_like enable_grad eye from_numpy full full_like hamming_window hann_window hstack is_tensor
    linspace logspace manual_seed meshgrid no_grad normal ones ones_like poisson polar rand rand_like randint randint_like
    randn randn_like randperm searchsorted stack std_mean tensor tensordot tril_indices triu_indices vander var_mean vstack
    zeros zeros_like""".split()
)


def functions(space):
    names = (name for name in dir(space) if name[0].islower() and not name.endswith(("_", "_with_indices")))
    found = [name for name in names if callable(getattr(space, name)) and not inspect.isclass(getattr(space, name))]
    return [name for name in found if name not in HELPERS and not name.startswith("has_torch_function")]


def classes(space, base):
    found = [(name, getattr(space, name)) for name in dir(space) if name[0].isupper()]
    return [name for name, value in found if inspect.isclass(value) and issubclass(value, base) and value is not base]


SCHEDULERS = ("LR", "Scheduler", "Restarts", "Plateau")
lists = {
    "made by": f"torch {torch.__version__}, torchaudio {torchaudio.__version__}",
    "Tensor": [name for name in functions(torch.Tensor) if name not in NO_OPERATIONS],
    "nn.functional": functions(nn.functional),
    "nn": classes(nn, nn.Module),
    "nn.init": [name for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")],
    "optim": classes(torch.optim, torch.optim.Optimizer),
    "optim.lr_scheduler": [name for name in classes(torch.optim.lr_scheduler, object) if name.endswith(SCHEDULERS)],
    "torch": sorted(OF_TORCH),
    "torchaudio.functional": functions(torchaudio.functional),
    "torchaudio.transforms": classes(torchaudio.transforms, nn.Module),
}
assert OF_TORCH <= set(dir(torch))
print(json.dumps(lists, indent=1))
