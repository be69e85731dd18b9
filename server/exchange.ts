import type { IncomingMessage, ServerResponse } from 'node:http';

/** nginx's status for a client that left before its answer. */
const CLIENT_GONE = 499;

/** How an exchange ended. */
export interface Outcome {
  readonly status: number;
  readonly durationMs: number;
  /** Whether the client left before the answer was complete. */
  readonly isClientGone: boolean;
}

/** A request and its answer, from the head of the request to the end of the answer. */
export class Exchange {
  readonly #startMs = performance.now();
  #refusal: number | undefined;

  constructor(
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
  ) {}

  /** Notes the status that was sent instead of {@link Exchange.res}. */
  refuse(status: number): void {
    this.#refusal = status;
  }

  outcome(): Outcome {
    const durationMs = performance.now() - this.#startMs;
    const isClientGone = !this.res.writableFinished && this.#refusal === undefined;
    const status = isClientGone ? CLIENT_GONE : (this.#refusal ?? this.res.statusCode);
    return { status, durationMs, isClientGone };
  }
}
