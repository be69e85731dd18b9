import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { networkOf } from '../network/network.js';
import { ensure } from '../errors.js';
import { claimFolder, RECORD_FILE } from '../files/claim-folder.js';
import { accessFile } from '../files/file-error.js';
import { GrowingFile } from '../files/growing-file.js';
import { removeDrafts } from '../files/write-target.js';
import { CHECKPOINT_FILE } from '../training/checkpoint.js';
import {
  nameSection,
  readSealedState,
  readSection,
  writeSealedState,
  type SealedState,
} from '../training/sealed-state.js';
import { baseLossProgram } from './base-program.js';
import type { BaseTrainerState } from './base-trainer.js';
import type { ZooKeeper, ZooState } from './train-zoo.js';
import type { FinalRecord, ZooHeader, ZooNetwork } from './zoo.js';
import { bytesOf } from './zoo-file.js';
import { firstMissing, placesOf, type ZooPlan } from './zoo-plan.js';

/** The weights of the zoo's networks, float32, little-endian, in the order of the zoo. */
const NETWORKS_FILE = 'networks.f32';
/** A line of JSON for each record of a final network, its error set in base64. */
const FINALS_FILE = 'finals.jsonl';

const count = z.int().min(0);
const markSchema = z.object({ bytes: count, sha256: z.string() });
/** What a checkpoint holds besides the tensors of the networks in training. */
const checkpointSchema = z.object({
  /** SHA-256 of the zoo's header: identifies the run. */
  run: z.string(),
  networks: markSchema,
  finals: markSchema,
  trainer: z
    .object({
      step: count,
      optimizer: z.object({ kind: z.enum(['adam', 'sgd']), steps: count }),
    })
    .nullable(),
});
type StoredCheckpoint = z.infer<typeof checkpointSchema>;

/**
 * The folder of a zoo in training: two growing files with the finished networks and records, and a
 * checkpoint, replaced atomically, with the state of those in training. The checkpoint says how much
 * of the other files is valid. The folder must be locked.
 */
export class ZooRunFolder implements ZooKeeper {
  #saved: { readonly networks: number; readonly finals: number };
  #savedMs = performance.now();

  private constructor(
    private readonly folder: string,
    private readonly plan: ZooPlan,
    private readonly intervalMs: number,
    private readonly networks: GrowingFile,
    private readonly finals: GrowingFile,
    readonly start: ZooState,
  ) {
    this.#saved = { networks: start.networks.length, finals: start.finals.length };
  }

  /**
   * Opens the folder of a run, new or to be continued.
   *
   * @param intervalMs - the most training time that a killed process loses
   * @throws WeightspringError `invalid-argument` if the folder holds another run, `data-corrupt`
   *   for damaged files
   */
  static async open(folder: string, plan: ZooPlan, intervalMs: number): Promise<ZooRunFolder> {
    await accessFile({ action: 'write', path: folder }, () => removeDrafts(folder));
    await claimFolder(folder, recordOf(plan.header));
    const path = join(folder, CHECKPOINT_FILE);
    const stored = await readSealedState(path, checkpointSchema);
    ensure(
      stored === null || stored.state.run === digestOf(plan.header),
      'data-corrupt',
      () => `${path} belongs to another run; delete ${folder} to start over`,
    );
    const marks = stored?.state ?? { networks: null, finals: null };
    const networks = await GrowingFile.open(join(folder, NETWORKS_FILE), marks.networks);
    try {
      const finals = await GrowingFile.open(join(folder, FINALS_FILE), marks.finals);
      try {
        const start = await readState(plan, stored, path, { networks, finals });
        return new ZooRunFolder(folder, plan, intervalMs, networks, finals, start);
      } catch (error) {
        await finals.close();
        throw error;
      }
    } catch (error) {
      await networks.close();
      throw error;
    }
  }

  isDue(): boolean {
    return performance.now() - this.#savedMs >= this.intervalMs;
  }

  async save({ networks, finals, trainer }: ZooState): Promise<void> {
    const stored: StoredCheckpoint = {
      run: digestOf(this.plan.header),
      networks: await this.networks.append(
        networks.slice(this.#saved.networks).map(({ weights }) => bytesOf(weights)),
      ),
      finals: await this.finals.append(finals.slice(this.#saved.finals).map(encodeFinal)),
      trainer:
        trainer === null
          ? null
          : {
              step: trainer.step,
              optimizer: { kind: trainer.optimizer.kind, steps: trainer.optimizer.steps },
            },
    };
    const tensors =
      trainer === null
        ? []
        : [
            ...nameSection('parameters', this.#specs(networks.length), trainer.parameters),
            ...nameSection('moments', this.#specs(networks.length), trainer.optimizer.moments),
          ];
    await writeSealedState(join(this.folder, CHECKPOINT_FILE), tensors, stored);
    this.#saved = { networks: networks.length, finals: finals.length };
    this.#savedMs = performance.now();
  }

  async close(): Promise<void> {
    await this.networks.close();
    await this.finals.close();
  }

  /** Deletes what this class wrote, the checkpoint first: without it nothing else is valid. */
  async remove(): Promise<void> {
    for (const name of [CHECKPOINT_FILE, NETWORKS_FILE, FINALS_FILE, RECORD_FILE]) {
      const path = join(this.folder, name);
      await accessFile({ action: 'write', path }, () => rm(path, { force: true }));
    }
  }

  #specs(networks: number): ReturnType<typeof trainerSpecs> {
    return trainerSpecs(this.plan, networks);
  }
}

/** Everything that determines the bytes of a zoo, in readable form. */
function recordOf({
  version,
  task,
  data,
  split,
  architectures,
  training,
  seed,
  engine,
}: ZooHeader) {
  return { task, version, data: data.sha256, split, architectures, training, seed, engine };
}

function digestOf(header: ZooHeader): string {
  return createHash('sha256').update(JSON.stringify(header)).digest('hex');
}

/** Names and shapes of the parameters in training after this many finished networks. */
function trainerSpecs(plan: ZooPlan, networks: number) {
  const { group } = firstMissing(plan, networks);
  const chosen = plan.header.architectures[group?.architecture ?? -1];
  if (group === undefined || chosen === undefined) return [];
  return baseLossProgram(chosen.architecture, group.runs.length, 1).parameters;
}

async function readState(
  plan: ZooPlan,
  stored: SealedState<StoredCheckpoint> | null,
  path: string,
  files: { readonly networks: GrowingFile; readonly finals: GrowingFile },
): Promise<ZooState> {
  if (stored === null) return { networks: [], finals: [], trainer: null };
  const { state, tensors } = stored;
  const networks = await readNetworks(plan, files.networks, state.networks.bytes);
  const lines = Buffer.from(await files.finals.read(0, state.finals.bytes)).toString('utf8');
  let trainer: BaseTrainerState | null = null;
  if (state.trainer !== null) {
    const specs = trainerSpecs(plan, networks.length);
    const section = (prefix: string, groups: number): readonly Float32Array[] =>
      readSection(tensors, prefix, specs, groups, path);
    trainer = {
      step: state.trainer.step,
      parameters: section('parameters', 1),
      optimizer: {
        ...state.trainer.optimizer,
        moments: section('moments', tensors.size / specs.length - 1),
      },
    };
  }
  return { networks, finals: lines.split('\n').slice(0, -1).map(decodeFinal), trainer };
}

async function readNetworks(
  plan: ZooPlan,
  file: GrowingFile,
  bytes: number,
): Promise<readonly ZooNetwork[]> {
  const networks: ZooNetwork[] = [];
  const sizes = plan.header.architectures.map(
    ({ architecture }) => networkOf(architecture).parameters,
  );
  let position = 0;
  for (const place of placesOf(plan)) {
    if (position >= bytes) break;
    const read = await file.read(position, 4 * (sizes[place.architecture] as number));
    networks.push({ ...place, weights: new Float32Array(read.buffer) });
    position += read.length;
  }
  return networks;
}

function encodeFinal({ errors, ...rest }: FinalRecord): Uint8Array {
  const line = { ...rest, errors: Buffer.from(errors).toString('base64') };
  return Buffer.from(`${JSON.stringify(line)}\n`, 'utf8');
}

/** The digest vouches that these lines are what {@link encodeFinal} wrote. */
function decodeFinal(line: string): FinalRecord {
  const { errors, ...rest } = JSON.parse(line) as Omit<FinalRecord, 'errors'> & { errors: string };
  return { ...rest, errors: Uint8Array.from(Buffer.from(errors, 'base64')) };
}
