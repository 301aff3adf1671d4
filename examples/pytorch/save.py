"""From PyTorch to otograd, PyTorch's half: trains the blog's EscConv a little, saves its state dict as safetensors, and
beside it an input and the logits that it gives.

    python3 examples/pytorch/save.py esc-conv.safetensors
    bun examples/pytorch/load.ts esc-conv.safetensors
"""

import sys

import safetensors_numpy
import torch
from networks import EscConv

if len(sys.argv) != 2:
    sys.exit("which file? python3 examples/pytorch/save.py esc-conv.safetensors")

torch.manual_seed(1)
net = EscConv(classes=50)
optimizer = torch.optim.SGD(net.parameters(), lr=0.002, momentum=0.9, nesterov=True, weight_decay=0.001)
for _ in range(5):
    optimizer.zero_grad()
    loss = torch.nn.functional.nll_loss(net(torch.randn(32, 2, 60, 41)), torch.randint(50, (32,)))
    loss.backward()
    optimizer.step()
net.eval()

state = net.state_dict()
safetensors_numpy.save(sys.argv[1], state)  # the safetensors package: safetensors.torch.save_file(state, path)
with torch.no_grad():
    x = torch.randn(16, 2, 60, 41)
    example = {"input": x, "logits": net.logits(x)}
safetensors_numpy.save(f"{sys.argv[1]}.example", example)
print(f"{sys.argv[1]}: {len(state)} tensors, {sum(value.numel() for value in state.values()):,} numbers")
