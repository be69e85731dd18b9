/**
 * A program that uses the installed package as the command line does, for each command once: it is
 * compiled and run in a folder of its own. Its last line is JSON.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  architecture,
  completeSampling,
  PROVIDERS,
  sampleNetworks,
  VERSION,
  type GeneratedNetwork,
  type SampleRequest,
} from 'weightspring';
import { formatChecks, GAUSSIAN_BUDGETS, gaussianExperiment } from 'weightspring/experiments';
import { readConfiguration, startServer } from 'weightspring/server';
import {
  alignPopulation,
  buildReference,
  chooseVelocityConfig,
  evaluateSamples,
  FLOW_FILES,
  FLOW_TRAINING_DEFAULTS,
  likelihoodFlow,
  listFlows,
  loadTask,
  logLikelihood,
  modelCard,
  openDevice,
  OrtEngine,
  providerError,
  readFlow,
  readNetwork,
  readReference,
  readZoo,
  Sampler,
  storedStandardisation,
  storeTrainedFlow,
  trainFlow,
  trainZooOn,
  writeZoo,
  zooRecipe,
} from 'weightspring/training';

const folder = await mkdtemp(join(tmpdir(), 'weightspring-consumer-'));
try {
  console.log(JSON.stringify(await wholeWay()));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function wholeWay(): Promise<Readonly<Record<string, unknown>>> {
  // devices
  const faults = await Promise.all(PROVIDERS.map(providerError));
  const { provider } = await openDevice('cpu');
  const engine = new OrtEngine({ provider });

  // zoo train, align, info
  const arch = architecture([2, 4, 2]);
  const task = await loadTask('spirals');
  const { training } = zooRecipe('spirals');
  const short = {
    ...training,
    epochs: 2,
    snapshots: { ...training.snapshots, ignoreEpochs: 0 },
  };
  const raw = await trainZooOn(
    task,
    { architectures: [{ architecture: arch, runs: 3 }], training: short, seed: 1 },
    { engine },
  );
  const networks = raw.networksOf(0);
  const { networks: aligned } = await alignPopulation(
    networks.map(({ weights }) => weights),
    arch,
  );
  const zoo = raw.withWeights((network) => aligned[networks.indexOf(network)] ?? network.weights, {
    method: 'weight-matching',
    record: {},
  });
  await writeZoo(zoo, join(folder, 'spirals.zoo'));
  const read = await readZoo(join(folder, 'spirals.zoo'));

  // train
  const modelsDir = join(folder, 'models');
  const config = {
    ...FLOW_TRAINING_DEFAULTS,
    velocity: chooseVelocityConfig('neuron-transformer', read.architectures, {
      width: 8,
      blocks: 1,
      heads: 2,
    }),
    steps: 2,
    batchSize: 4,
  };
  const trained = await trainFlow(
    [{ architecture: arch, networks: networks.map(({ weights }) => weights) }],
    config,
    { engine, runDir: join(folder, 'run') },
  );
  const flowFolder = join(modelsDir, 'spirals');
  const stored = await storeTrainedFlow(flowFolder, {
    name: 'spirals',
    description: 'Two updates',
    zoo: read,
    config,
    trained,
    engine: engine.name,
    durationSeconds: 0,
  });
  const reference = await buildReference(read, task);
  await writeFile(join(flowFolder, FLOW_FILES.reference), JSON.stringify(reference));

  // flows, sample, evaluate, card
  const flows = [...(await listFlows(modelsDir)).keys()];
  const sampler = await Sampler.open({ modelsDir });
  const [flow] = sampler.flows();
  if (flow === undefined) throw new Error('no flow');
  const job = {
    flow: 'spirals',
    architecture: arch,
    seed: 7,
    firstIndex: 0,
    count: 2,
    ...completeSampling(flow, { steps: 2 }),
  };
  const [file] = await sampler.sample({ ...job, format: 'onnx', inputScaling: 'folded' });
  // What is left out, or undefined, is the flow's own.
  const request: SampleRequest = { ...job, ensemble: undefined };
  const again: GeneratedNetwork[] = [];
  for await (const network of sampleNetworks(sampler, request)) again.push(network);
  if (file === undefined) throw new Error('no network');
  const drawn = await sampler.sampleWeights(job);
  await sampler.close();
  const report = await evaluateSamples({
    reference: await readReference(modelsDir, 'spirals'),
    architecture: arch,
    networks: drawn.map(({ weights }) => weights),
    task,
    steps: job.steps,
    seed: job.seed,
  });
  const card = modelCard({
    config: stored,
    figures: [],
    reports: [report],
    bySteps: [report],
    commands: [],
  });

  // likelihood
  const path = join(folder, 'network.onnx');
  await writeFile(path, file.bytes);
  const [likelihood] = await logLikelihood(
    likelihoodFlow(await readFlow(flowFolder)),
    [
      await readNetwork(path, {
        activation: 'relu',
        standardisation: storedStandardisation(stored.standardisation),
      }),
    ],
    { steps: 2, probes: 1 },
  );

  // serve
  const server = await startServer(readConfiguration({ port: '0', modelsDir, workers: '1' }, {}), {
    log: () => undefined,
  });
  const answer = await fetch(`${server.url}/v1/networks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      flow: 'spirals',
      architecture: { layers: [2, 4, 2] },
      seed: 7,
      steps: 2,
    }),
  });
  const served = Buffer.from(await answer.arrayBuffer());
  await server.close();

  return {
    version: VERSION,
    works: PROVIDERS.filter((_, index) => faults[index] === undefined),
    flows,
    accuracy: report.samples.accuracy.mean,
    card: card.includes('# spirals'),
    logDensity: likelihood?.logDensity,
    isServedTheSame: served.equals(await readFile(path)),
    isDrawnTheSame: again[0]?.sha256 === file.sha256 && again.length === 2,
    // experiment: seconds even at its smallest, so only that it is there
    experiment: typeof gaussianExperiment,
    budget: GAUSSIAN_BUDGETS.smoke.samples > 0,
    checks: formatChecks([]),
  };
}
