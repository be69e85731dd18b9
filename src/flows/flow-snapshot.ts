import { WeightspringError } from '../errors.js';
import type { FlowCatalogue, FlowChanges } from './flow-catalogue.js';
import { flowChanges } from './flow-changes.js';

/** The flows that a service lists and plans jobs with, fixed until the next reload. */
export class FlowSnapshot {
  #catalogue: FlowCatalogue = { flows: [], refused: [] };
  /** A reload that has not started. */
  #next: Promise<FlowChanges> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param read - reads the models folder */
  constructor(private readonly read: () => Promise<FlowCatalogue>) {}

  get catalogue(): FlowCatalogue {
    return this.#catalogue;
  }

  show({ flows, refused }: FlowCatalogue): void {
    this.#catalogue = { flows, refused };
  }

  /**
   * Reloads the folder. Reloads run one after another, and those that wait together are one.
   *
   * @throws WeightspringError `reload-failed`; the flows stay as they are
   */
  reload(): Promise<FlowChanges> {
    if (this.#next === undefined) {
      this.#next = this.#last.then(() => this.#reload());
      this.#last = this.#next.catch(() => undefined);
    }
    return this.#next;
  }

  async #reload(): Promise<FlowChanges> {
    this.#next = undefined;
    let catalogue: FlowCatalogue;
    try {
      catalogue = await this.read();
    } catch (cause) {
      throw new WeightspringError(
        'reload-failed',
        'the flows could not be read again and stay as they were: the log of the service says why',
        { cause },
      );
    }
    const changes = flowChanges(this.#catalogue, catalogue);
    this.show(catalogue);
    return changes;
  }
}
