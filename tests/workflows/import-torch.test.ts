import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTask, partData, type PreparedTask } from '../../src/zoo/prepared-task.js';
import { importZoo } from '../../src/workflows/import-zoo.js';
import { runPython, type PythonAnswer } from '../support/python.js';

const TRAIN = `
import json, os, sys, torch
from safetensors.torch import save_file
asked = json.load(sys.stdin)
os.chdir(asked['folder'])
torch.set_num_threads(1)
nn = torch.nn
rows, labels = torch.tensor(asked['rows']), torch.tensor(asked['labels'])

def trained(seed, network):
    torch.manual_seed(seed)
    network.apply(lambda m: m.reset_parameters() if isinstance(m, nn.Linear) else None)
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-2)
    for _ in range(asked['steps']):
        loss = nn.functional.cross_entropy(network(rows), labels)
        optimiser.zero_grad(); loss.backward(); optimiser.step()
    return network.eval()

class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.head = nn.Linear(2, 32), nn.Linear(32, 2)
    def forward(self, x):
        return self.head(torch.tanh(self.encoder(x)))

class Raw(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 24), nn.ReLU(), nn.Dropout(0.05), nn.Linear(24, 2))
        self.register_buffer('mean', torch.tensor(asked['mean']))
        self.register_buffer('scale', torch.tensor(asked['scale']))
    def forward(self, x):
        return self.body(x if self.training else (x - self.mean) / self.scale)

for folder in ('sequential', 'named', 'half', 'onnx', 'raw'): os.mkdir(folder)
# Side by side, which takes as long as one: [network, in, out].
torch.manual_seed(0)
weights = [torch.randn(50, 2, 24), 0.2 * torch.randn(50, 24, 2)]
biases = [torch.zeros(50, 1, 24), torch.zeros(50, 1, 2)]
parameters = [own.requires_grad_() for own in weights + biases]
optimiser = torch.optim.Adam(parameters, lr=3e-2)
for _ in range(asked['steps']):
    logits = (rows @ weights[0] + biases[0]).relu() @ weights[1] + biases[1]
    loss = 50 * nn.functional.cross_entropy(logits.flatten(0, 1), labels.repeat(50))
    optimiser.zero_grad(); loss.backward(); optimiser.step()
accuracies = (logits.argmax(2) == labels).float().mean(1).tolist()
for k in range(50):
    network = nn.Sequential(nn.Linear(2, 24), nn.ReLU(), nn.Linear(24, 2))
    for layer, weight, bias in zip((network[0], network[2]), weights, biases):
        layer.weight.data, layer.bias.data = weight[k].T.contiguous(), bias[k, 0].clone()
    save_file(network.state_dict(), f'sequential/net_{k}.safetensors')
named = trained(1, Named())
save_file({'_orig_mod.' + name: own for name, own in named.state_dict().items()}, 'named/a.safetensors')
save_file({name: own.bfloat16() for name, own in named.state_dict().items()}, 'half/a.safetensors')
try:
    import onnxscript
    # As it is without options: weights beside the graph.
    deep = nn.Sequential(nn.Linear(2, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 2))
    torch.onnx.export(trained(2, deep), (rows[:1],), 'onnx/a.onnx', verbose=False)
    torch.onnx.export(trained(3, Raw()), (rows[:1],), 'raw/a.onnx', verbose=False)
    exported = True
except ImportError:
    exported = False
print(json.dumps({'exported': exported, 'accuracies': accuracies}))
`;

/** What Python told last. */
interface Trained {
  readonly exported: boolean;
  /** Of those in `sequential`, on the rows that they learnt from. */
  readonly accuracies: readonly number[];
}

// PyTorch alone may take a minute to load.
describe('networks that PyTorch trained', { timeout: 600_000 }, () => {
  let task: PreparedTask;
  let folder: string;
  let answer: PythonAnswer;
  beforeAll(async () => {
    task = await loadTask('spirals');
    folder = await mkdtemp(join(tmpdir(), 'weightspring-torch-'));
    const { features, labels } = partData(task, 'train');
    const { mean, scale } = task.standardisation;
    const rows = Array.from(labels, (_, row) =>
      Array.from(features.subarray(2 * row, 2 * row + 2)),
    );
    answer = runPython(TRAIN, {
      packages: ['torch', 'safetensors'],
      input: JSON.stringify({ folder, rows, labels: Array.from(labels), mean, scale, steps: 150 }),
    });
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true }));

  function trained(skip: (reason: string) => never): Trained {
    if (answer.skipped) return skip(answer.reason);
    return JSON.parse(answer.stdout.trim().split('\n').at(-1)!) as Trained;
  }

  async function accuracies(name: string, activation?: 'tanh'): Promise<readonly number[]> {
    const { zoo, advice } = await importZoo([join(folder, name)], task, { activation });
    expect(advice).toEqual([]);
    return zoo.finals.map(({ test }) => test.accuracy);
  }

  it('come in from safetensors, fifty at once, in the order of their numbers', async ({ skip }) => {
    const { accuracies: own } = trained(skip);
    const found = await accuracies('sequential');
    expect(found).toHaveLength(50);
    // On other rows than those that they learnt from.
    found.forEach((accuracy, k) => {
      expect(Math.abs(accuracy - own[k]!)).toBeLessThan(0.1);
    });
    expect(Math.max(...own)).toBeGreaterThan(0.85);
  });

  it('come in under any names, also of half the precision', async ({ skip }) => {
    trained(skip);
    const [full = 0] = await accuracies('named', 'tanh');
    expect(full).toBeGreaterThan(0.85);
    const [half = 0] = await accuracies('half', 'tanh');
    expect(Math.abs(half - full)).toBeLessThan(0.03);
  });

  it('come in from ONNX as it is exported by default, scaling of inputs included', async ({
    skip,
  }) => {
    if (!trained(skip).exported)
      skip('the Python has no onnxscript, which torch.onnx.export needs');
    for (const name of ['onnx', 'raw']) {
      const [found = 0] = await accuracies(name);
      expect(found).toBeGreaterThan(0.85);
    }
  });
});
