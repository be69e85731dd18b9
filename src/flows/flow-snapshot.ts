import { WeightspringError } from '../errors.js';
import type { FlowCatalogue, FlowChanges } from './flow-catalogue.js';
import { flowChanges } from './flow-changes.js';

/** The flows that a service shows and plans jobs with: those of one moment, until they are reloaded. */
export class FlowSnapshot {
  #catalogue: FlowCatalogue = { flows: [], refused: [] };
  /** A reload that has not begun. */
  #next: Promise<FlowChanges> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param read - reads the models folder as it is now */
  constructor(private readonly read: () => Promise<FlowCatalogue>) {}

  get catalogue(): FlowCatalogue {
    return this.#catalogue;
  }

  show({ flows, refused }: FlowCatalogue): void {
    this.#catalogue = { flows, refused };
  }

  /**
   * Takes over what the folder holds now. Reloads run one after another, and those that wait for the
   * same turn are one.
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
