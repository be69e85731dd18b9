import { Option, type Command } from 'commander';
import { ACTIVATIONS, type Activation } from '../network/architecture.js';
import type { DeviceChoice } from '../devices/device.js';
import { SOLVERS } from '../flow/solvers/solver.js';
import { TIME_GRIDS } from '../flow/solvers/time-grid.js';
import { LIKELIHOOD_DEFAULTS, type LikelihoodOptions } from '../likelihood/likelihood-options.js';
import { likelihoodTable } from '../likelihood/likelihood-table.js';
import { PROBE_DISTRIBUTIONS, TRACES } from '../likelihood/probes.js';
import { readNetwork } from '../likelihood/read-network.js';
import { INPUT_SCALINGS, type InputScaling } from '../formats/network-inputs.js';
import { flowFolder } from '../flows/flow-folder.js';
import { readFlow } from '../flows/flow-store.js';
import { storedStandardisation } from '../data/standardisation.js';
import { deviceOption, openProvider } from './device.js';
import {
  integerParser,
  jsonOption,
  modelsDirOption,
  parseFlowName,
  parsePositive,
  seedParser,
} from './options.js';
import { printResult } from './output.js';
import { withProgress } from './progress.js';
import { interruptSignal } from './signals.js';

type LikelihoodFlags = Omit<LikelihoodOptions, 'rows'> & {
  readonly flow: string;
  readonly network: readonly string[];
  readonly activation?: Activation;
  readonly inputScaling?: InputScaling;
  readonly device: DeviceChoice;
  readonly modelsDir: readonly string[];
  readonly json?: true;
};

/** `weightspring likelihood`. */
export function addLikelihoodCommand(program: Command): void {
  const defaults = LIKELIHOOD_DEFAULTS;
  program
    .command('likelihood')
    .description('log-likelihoods of networks under a flow')
    .requiredOption('--flow <name>', 'flow whose density is asked for', parseFlowName)
    .requiredOption('--network <file...>', 'networks: .onnx of ours, .safetensors or .npz')
    .addOption(
      new Option(
        '--activation <name>',
        "of .safetensors and .npz files that do not name it; default: the flow's first",
      ).choices(ACTIVATIONS),
    )
    .addOption(
      new Option(
        '--input-scaling <kind>',
        'of .safetensors and .npz files that do not name it: folded where they take raw features, separate ' +
          "where features standardised as the flow's",
      ).choices(INPUT_SCALINGS),
    )
    .addOption(
      new Option('--trace <kind>', 'exact costs one trajectory for each weight')
        .choices(TRACES)
        .default(defaults.trace),
    )
    .option(
      '--probes <integer>',
      "of Hutchinson's estimator, for each network",
      integerParser(1, 1_000_000),
      defaults.probes,
    )
    .addOption(
      new Option('--probe-distribution <name>', 'of their coordinates')
        .choices(PROBE_DISTRIBUTIONS)
        .default(defaults.probeDistribution),
    )
    .addOption(
      new Option('--solver <name>', 'solver of the ODE').choices(SOLVERS).default(defaults.solver),
    )
    .option('--steps <integer>', 'of the solver', integerParser(1, 100_000), defaults.steps)
    .addOption(
      new Option('--time-grid <name>', 'where its steps end')
        .choices(TIME_GRIDS)
        .default(defaults.timeGrid),
    )
    .option(
      '--end-offset <number>',
      'length of the stretch before t = 1 that is one Euler step',
      parsePositive,
      defaults.endOffset,
    )
    .option('--seed <integer>', 'of the probes', seedParser, defaults.seed)
    .addOption(deviceOption())
    .addOption(modelsDirOption())
    .addOption(jsonOption())
    .action(likelihoodCommand);
}

async function likelihoodCommand(flags: LikelihoodFlags): Promise<void> {
  const signal = interruptSignal();
  const {
    flow: name,
    network: paths,
    activation,
    inputScaling,
    device,
    modelsDir,
    json,
    ...options
  } = flags;
  const stored = await readFlow(await flowFolder(modelsDir, name));
  const reading = {
    activation: activation ?? stored.config.activations[0] ?? 'relu',
    inputScaling,
    standardisation: storedStandardisation(stored.config.standardisation),
  };
  const networks = await Promise.all(paths.map((path) => readNetwork(path, reading)));
  // Loads onnxruntime, which reading damaged files need not wait for.
  const { logLikelihood } = await import('../likelihood/log-likelihood.js');
  const { likelihoodFlow } = await import('../likelihood/likelihood-flow.js');
  const provider = await openProvider(device);
  const likelihoods = await withProgress('trajectories', (onProgress) =>
    logLikelihood(likelihoodFlow(stored), networks, options, { provider, signal, onProgress }),
  );
  const results = likelihoods.map((likelihood, index) => {
    const { architecture } = networks[index] as (typeof networks)[number];
    return { name: paths[index] as string, architecture, ...likelihood };
  });
  printResult(
    { flow: name, sha256: stored.config.sha256, ...options, networks: results },
    json === true,
    () => likelihoodTable(results),
  );
}
