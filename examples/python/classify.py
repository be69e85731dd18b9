"""Asks a service for a network that nobody has trained, and classifies rows with it.

    weightspring serve &
    python examples/python/classify.py [FLOW] [ADDRESS]

Needs numpy, onnxruntime and requests.
"""

import json
import sys

import numpy as np
import onnxruntime
import requests

name = sys.argv[1] if len(sys.argv) > 1 else "wdbc"
address = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8080"

flow = requests.get(f"{address}/v1/flows/{name}", timeout=10)
flow.raise_for_status()
flow = flow.json()

# The architecture is the usual one of the flow; the same seed gives the same network.
answer = requests.post(f"{address}/v1/networks", json={"flow": name, "seed": 7}, timeout=120)
if not answer.ok:
    sys.exit(f"refused: {answer.json()['detail']}")

network = onnxruntime.InferenceSession(answer.content)
metadata = network.get_modelmeta().custom_metadata_map
print(f"a network {metadata['architecture']}, novelty ratio {metadata['noveltyRatio']}")

# Raw features, in the order of featureNames: here the average row, and rows around it.
rows = np.random.default_rng(0).normal(flow["inputMean"], flow["inputScale"], (5, flow["inputs"]))
rows[0] = flow["inputMean"]
logits, probabilities, label = network.run(None, {"input": rows.astype(np.float32)})
for row, (winner, shares) in enumerate(zip(label, probabilities)):
    classes = json.loads(metadata["classNames"])
    print(f"row {row}: {classes[int(winner)]} ({shares.max():.2f})")
