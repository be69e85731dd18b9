import { WeightspringError } from '../errors.js';
import type { FlowSummary } from './flow-summary.js';
import type { RefusedFlow } from './flow-catalogue.js';
import { flowFolder, openFlows } from './flow-folder.js';
import { flowChanged, openFlow, readConfig, type OpenedFlow } from './flow-store.js';
import { quoteModelsDir, type ModelsDir } from './models-dir.js';

/** A flow by name and optionally version. */
export interface FlowVersion {
  readonly flow: string;
  /** `configSha256` of its summary; default: the version on the shelf. */
  readonly configSha256?: string;
}

/** The flows of models folders as they were when the folders were opened. */
export class FlowShelf {
  readonly #flows: Map<string, OpenedFlow>;
  /** Versions that jobs accepted before the last change still need. */
  readonly #previous = new Map<string, OpenedFlow>();

  private constructor(
    private readonly modelsDir: ModelsDir,
    flows: readonly OpenedFlow[],
    readonly refused: readonly RefusedFlow[],
  ) {
    this.#flows = new Map(flows.map((flow) => [flow.config.name, flow]));
  }

  /** @throws WeightspringError `not-found` for a folder that cannot be read */
  static async open(modelsDir: ModelsDir): Promise<FlowShelf> {
    const { flows, refused } = await openFlows(modelsDir);
    return new FlowShelf(modelsDir, flows, refused);
  }

  get summaries(): readonly FlowSummary[] {
    return [...this.#flows.values()].map(({ summary }) => summary);
  }

  /**
   * The flow of a name as it was when the folder was opened.
   *
   * @throws WeightspringError `not-found`, with the reason if it is refused
   */
  get(name: string): OpenedFlow {
    const flow = this.#flows.get(name);
    if (flow === undefined) throw this.#unknown(name);
    return flow;
  }

  /**
   * The flow of a job, in the version that the job was planned with. If the shelf has another one,
   * the folder may have the version by now: the flows have been reloaded since.
   *
   * @throws WeightspringError `not-found` for an unknown flow, `flow-changed` if neither the shelf
   *   nor the folder has the version
   */
  async find({ flow: name, configSha256 }: FlowVersion): Promise<OpenedFlow> {
    if (configSha256 === undefined) return this.get(name);
    const known = this.#flows.get(name);
    for (const flow of [known, this.#previous.get(name)]) {
      if (flow?.configSha256 === configSha256) return flow;
    }
    const found = await this.#read(name, configSha256).catch((cause: unknown) => {
      throw flowChanged(name, { cause });
    });
    if (found === undefined) throw flowChanged(name);
    if (known !== undefined) this.#previous.set(name, known);
    this.#flows.set(name, found);
    return found;
  }

  async #read(name: string, configSha256: string): Promise<OpenedFlow | undefined> {
    const folder = await flowFolder(this.modelsDir, name);
    // The configuration is read first, which is cheap, to see whether the version is another one.
    const { configSha256: present } = await readConfig(folder);
    if (present !== configSha256) return undefined;
    const flow = await openFlow(folder);
    return flow.configSha256 === configSha256 ? flow : undefined;
  }

  #unknown(name: string): WeightspringError {
    const refused = this.refused.find((entry) => entry.name === name);
    if (refused !== undefined) {
      return notFound(`flow '${name}' cannot be served: ${refused.reason}`);
    }
    const names = [...this.#flows.keys()].join(', ');
    return notFound(
      names === ''
        ? `there is no flow '${name}', nor any other, in ${quoteModelsDir(this.modelsDir)}`
        : `expected one of the flows ${names}, got '${name}'`,
    );
  }
}

function notFound(message: string): WeightspringError {
  return new WeightspringError('not-found', message, { field: 'flow' });
}
