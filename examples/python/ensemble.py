"""Asks a service for an ensemble in one file: how sure it is, and how much its members disagree.

    weightspring serve &
    python examples/python/ensemble.py [FLOW] [ADDRESS]

Needs numpy, onnxruntime and requests.
"""

import sys

import numpy as np
import onnxruntime
import requests

name = sys.argv[1] if len(sys.argv) > 1 else "wdbc"
address = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8080"

flow = requests.get(f"{address}/v1/flows/{name}", timeout=10)
flow.raise_for_status()
flow = flow.json()

request = {"flow": name, "seed": 7, "ensemble": 16, "memberProbabilities": True}
answer = requests.post(f"{address}/v1/networks", json=request, timeout=120)
if not answer.ok:
    sys.exit(f"refused: {answer.json()['detail']}")
ensemble = onnxruntime.InferenceSession(answer.content)

# Rows like those of the data, and rows far outside of them.
random = np.random.default_rng(0)
usual = random.normal(flow["inputMean"], flow["inputScale"], (64, flow["inputs"]))
foreign = usual + 10 * random.normal(0, flow["inputScale"], usual.shape)
names = ["probabilities", "entropy", "mutualInformation", "memberProbabilities"]
for kind, rows in (("usual", usual), ("foreign", foreign)):
    mean, entropy, disagreement, members = ensemble.run(names, {"input": rows.astype(np.float32)})
    assert np.allclose(members.mean(axis=0), mean, atol=1e-5)
    print(f"{kind} rows: entropy {entropy.mean():.3f}, disagreement {disagreement.mean():.4f}")
