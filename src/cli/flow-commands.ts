import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import { ensure } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { writeTarget } from '../files/write-target.js';
import { SOLVERS } from '../flow/solvers/solver.js';
import { TIME_GRIDS } from '../flow/solvers/time-grid.js';
import { certificateIn, type NoveltyCertificate } from '../formats/certificate.js';
import { provenanceOf } from '../formats/provenance.js';
import { packNetworks } from '../formats/archive.js';
import {
  DEFAULT_NETWORK_FORMAT,
  NETWORK_FORMATS,
  WEIGHT_FORMATS,
  type NetworkFormat,
} from '../formats/network-format.js';
import { INPUT_SCALINGS, type InputScaling } from '../formats/network-inputs.js';
import { WEIGHT_SCALES, type WeightScale } from '../formats/weight-scale.js';
import { listFlows } from '../flows/flow-folder.js';
import type { FlowBounds } from '../flows/flow-summary.js';
import { modelsFolders, quoteModelsDir } from '../flows/models-dir.js';
import type { GeneratedNetwork } from '../formats/generated-network.js';
import { fileCount, networksToDraw } from '../formats/check-ensemble.js';
import { MAX_MEMBERS } from '../formats/ensemble.js';
import { checkCost, checkJob } from '../sampling/job-check.js';
import { extrapolationNote } from '../flows/served-region.js';
import { addDataOptions } from './data-options.js';
import { deviceOption } from './device.js';
import { memberProbabilitiesOption } from './ensemble-command.js';
import { evaluateCommand } from './evaluate-command.js';
import { flowJob, openSampler, type JobFlags } from './flow-job.js';
import { addGuideOptions, chosenGuide, type GuideFlags } from './guide-options.js';
import { OFFLINE_LIMITS } from '../sampling/offline-limits.js';
import { activationOption, architectureOption, layersOption } from './architecture-options.js';
import {
  integerParser,
  jsonOption,
  modelsDirOption,
  parsePath,
  parseFlowName,
  parseStochasticity,
  seedParser,
  zooOption,
} from './options.js';
import { printResult, say, sayRefused } from './output.js';
import { withProgress } from './progress.js';
import { completeJob, sampleNetworks } from '../sampling/sample-networks.js';
import { sampleOutput } from './sample-output.js';
import { interruptSignal } from './signals.js';

interface FlowFlags {
  readonly modelsDir: readonly string[];
  readonly json?: true;
}

type SampleFlags = FlowFlags & JobFlags & GuideFlags & { readonly device: DeviceChoice };

const MAX_COUNT = 100_000;

/** `weightspring sample|evaluate|flows`. */
export function addFlowCommands(program: Command): void {
  const withFlow = (command: Command): Command =>
    command
      .requiredOption('--flow <name>', 'flow to sample from', parseFlowName)
      .addOption(layersOption())
      .addOption(architectureOption())
      .addOption(activationOption())
      .option('--seed <integer>', 'of the noise', seedParser, 1)
      .option(
        '--steps <integer>',
        "steps of the ODE solver; default: the flow's",
        integerParser(1, 100_000),
      )
      .addOption(
        new Option('--solver <name>', "solver of the ODE; default: the flow's").choices(SOLVERS),
      )
      .addOption(
        new Option('--time-grid <name>', "where its steps end; default: the flow's").choices(
          TIME_GRIDS,
        ),
      )
      .option(
        '--stochasticity <strength[:from:to]>',
        'noise before each step that starts in [from, to), as a multiple of the root of its ' +
          "length; default: the flow's",
        parseStochasticity,
      )
      .addOption(deviceOption())
      .addOption(modelsDirOption())
      .addOption(jsonOption());
  addGuideOptions(withFlow(program.command('sample')))
    .description('write freshly generated networks')
    .option('--count <integer>', 'networks', integerParser(1, MAX_COUNT), 1)
    .option(
      '--ensemble <integer>',
      'one .onnx classifier that averages so many networks, those of the same seed and --count',
      integerParser(2, MAX_MEMBERS),
    )
    .addOption(memberProbabilitiesOption())
    .addOption(
      new Option(
        '--format <name>',
        `file format; default: the one that --out ends in, else ${DEFAULT_NETWORK_FORMAT}`,
      ).choices(NETWORK_FORMATS),
    )
    .addOption(
      new Option(
        '--input-scaling <kind>',
        'what the network takes: folded is raw features; separate, only for ' +
          `${WEIGHT_FORMATS.join(' and ')}, is features standardised by the mean and scale in the ` +
          'metadata',
      )
        .choices(INPUT_SCALINGS)
        .default('folded'),
    )
    .addOption(
      new Option(
        '--weight-scale <kind>',
        'how the scale of the network is shared between its layers, which changes no answer of it: ' +
          'as sampled, or balanced, for training on from it',
      )
        .choices(WEIGHT_SCALES)
        .default('sampled'),
    )
    .requiredOption(
      '--out <path>',
      'file to write; with --count N: -0, -1, … before its extension, or one archive as .zip',
      parsePath,
    )
    .action(sampleCommand);
  addDataOptions(withFlow(program.command('evaluate')))
    .description("measure generated networks on the flow's data set")
    .option('--samples <integer>', 'networks', integerParser(1, MAX_COUNT), 64)
    .option(
      '--fresh <runs>',
      'also train this many networks: of an architecture outside the zoo to compare with, of one ' +
        'inside it as held-out runs',
      integerParser(1, 1000),
    )
    .option('--no-nulls', 'measure neither nulls nor distances nor diversity')
    .addOption(zooOption())
    .action(evaluateCommand);
  program
    .command('flows')
    .description('the flows at hand')
    .addOption(modelsDirOption())
    .addOption(jsonOption())
    .action(flowsCommand);
}

/** A file that `sample` wrote; that of one network with its certificate. */
interface WrittenFile extends Partial<NoveltyCertificate> {
  readonly path: string;
  readonly sha256: string;
}

async function sampleCommand(
  flags: SampleFlags & {
    count: number;
    format?: NetworkFormat;
    inputScaling: InputScaling;
    weightScale: WeightScale;
    ensemble?: number;
    memberProbabilities?: true;
    out: string;
  },
): Promise<void> {
  const signal = interruptSignal();
  const { ensemble, memberProbabilities, inputScaling, weightScale, out } = flags;
  const { format, isArchive } = sampleOutput(out, flags.format);
  const count = networksToDraw(flags);
  const asked = { count, format, inputScaling, weightScale, ensemble, memberProbabilities };
  const isOneFile = fileCount(asked) === 1;
  const { isWrittenInto } = await writeTarget(out);
  ensure(
    isOneFile || isArchive || !isWrittenInto,
    'invalid-argument',
    () =>
      `--out: ${count} networks need a file each, and '${out}' is a pipe or a device: name a file, ` +
      'or a .zip for one archive',
    '--out',
  );
  const sampler = await openSampler(flags);
  try {
    const flow = sampler.flow(flags.flow);
    const guide = await chosenGuide(flags, flow, signal);
    const guided = guide === undefined ? {} : { guide };
    const job = completeJob(flow, { ...(await flowJob(flow, flags)), ...asked, ...guided });
    const { extrapolated } = checkJob(flow, job);
    checkCost(flow, job, OFFLINE_LIMITS);
    if (extrapolated) say(extrapolationNote(flow, job.architecture));
    const save = async (
      path: string,
      { bytes, sha256 }: { readonly bytes: Uint8Array; readonly sha256: string },
    ): Promise<WrittenFile> => {
      await writeFileAtomic(path, bytes);
      return { path, sha256 };
    };
    const packed: GeneratedNetwork[] = [];
    const written: WrittenFile[] = [];
    await withProgress('sample', async (onProgress) => {
      for await (const network of sampleNetworks(sampler, job, { signal, onProgress })) {
        if (isArchive) {
          packed.push(network);
          continue;
        }
        const file = await save(isOneFile ? out : numbered(out, network.index), network);
        written.push({ ...file, ...certificateIn(network.metadata) });
      }
    });
    const files = isArchive ? [await save(out, packNetworks(job, packed))] : written;
    const { provider: device } = sampler.device;
    printResult(
      { ...provenanceOf(job, extrapolated), count, device, files },
      flags.json === true,
      () => files.map(({ path }) => path).join('\n'),
      out,
    );
  } finally {
    await sampler.close();
  }
}

/** `net.onnx` → `net-3.onnx`. */
function numbered(path: string, index: number): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${index}${extension}`;
}

async function flowsCommand(flags: FlowFlags): Promise<void> {
  const sampler = await openSampler(flags);
  const folders = await listFlows(flags.modelsDir);
  const flows = sampler.flows().map((flow) => ({ ...flow, folder: folders.get(flow.name) }));
  const refused = sampler.refused();
  await sampler.close();
  sayRefused(refused);
  const isOneFolder = modelsFolders(flags.modelsDir).length === 1;
  if (flows.length === 0)
    say(`there is no flow to sample from in ${quoteModelsDir(flags.modelsDir)}`);
  printResult({ flows, refused }, flags.json === true, () => ({
    columns: [
      ...['flow', 'task', 'geometry', 'hidden layers', 'widths', 'description'],
      ...(isOneFolder ? [] : ['folder']),
    ].map((header) => ({ header })),
    rows: flows.map(({ name, task, geometry, bounds, description, folder = null }) => [
      name,
      task,
      geometry,
      `${bounds.hiddenLayers.min}…${bounds.hiddenLayers.max}`,
      widthsByDepth(bounds),
      description,
      ...(isOneFolder ? [] : [folder]),
    ]),
  }));
}

/** `4…40, 4…40, 8…40`: one range for each number of hidden layers, or the one of all. */
function widthsByDepth({ depths }: FlowBounds): string {
  const [first] = depths;
  const ranges = depths
    .filter(({ activation }) => activation === first?.activation)
    .map(({ width }) => `${width.min}…${width.max}`);
  return new Set(ranges).size === 1 ? (ranges[0] as string) : ranges.join(', ');
}
