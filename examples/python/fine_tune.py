"""Takes a network of a service as the start of a training in PyTorch.

    weightspring serve &
    python examples/python/fine_tune.py [FLOW] [ADDRESS]

Needs numpy, requests, safetensors and torch. The rows are stand-ins of the flow's features with labels
of a rule of their own: the place of your data.
"""

import json
import sys

import numpy as np
import requests
import torch
from safetensors.torch import load

name = sys.argv[1] if len(sys.argv) > 1 else "wdbc"
address = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8080"

# Features that are standardised here suit an optimiser better than raw ones: inputScaling separate.
# So does a scale that is shared between the layers instead of all in the last one: weightScale balanced.
request = {
    "flow": name,
    "seed": 7,
    "format": "safetensors",
    "inputScaling": "separate",
    "weightScale": "balanced",
}
answer = requests.post(f"{address}/v1/networks", json=request, timeout=120)
if not answer.ok:
    sys.exit(f"refused: {answer.json()['detail']}")


def metadata_of(safetensors: bytes) -> dict:
    length = int.from_bytes(safetensors[:8], "little")
    return json.loads(safetensors[8 : 8 + length])["__metadata__"]


metadata = metadata_of(answer.content)
layers = json.loads(metadata["architecture"])["layers"]
mean = torch.tensor(json.loads(metadata["inputMean"]))
scale = torch.tensor(json.loads(metadata["inputScale"]))

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "gelu": torch.nn.GELU}
activation = ACTIVATIONS[json.loads(metadata["architecture"])["activation"]]
modules = []
for inputs, outputs in zip(layers, layers[1:]):
    modules += [torch.nn.Linear(inputs, outputs), activation()]
network = torch.nn.Sequential(*modules[:-1])
network.load_state_dict(load(answer.content))

torch.manual_seed(0)
rows = mean + scale * torch.randn(512, layers[0])
labels = ((rows - mean) / scale)[:, 0].gt(0).long()

optimiser = torch.optim.SGD(network.parameters(), lr=1e-2, momentum=0.9)
for step in range(101):
    logits = network((rows - mean) / scale)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    if step % 50 == 0:
        print(f"step {step}: loss {loss.item():.3f}")
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
