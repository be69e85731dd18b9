import { Router, type Request, type Response } from 'express';
import {
  certificateIn,
  fileCount,
  jobName,
  provenanceOf,
  WeightspringError,
  type JobLimits,
  type NetworkSource,
} from '../../src/index.js';
import type { AnswerMemory } from '../answer-memory.js';
import { toArtefact } from '../artefact-of-network.js';
import { detached, type Artefact, type ArtefactStore } from '../artefacts.js';
import { fileTypeOf, offeredTypes, ZIP } from '../file-types.js';
import { callerOf, requireScope } from '../identity/caller.js';
import { logGenerated } from '../log-generated.js';
import type { Log } from '../log.js';
import type { ClientLimit } from '../limits/client-limit.js';
import type { NetworkQuota } from '../limits/network-quota.js';
import type { AcceptJob } from '../jobs/accept-job.js';
import { DEFAULT_JOB_OPTIONS } from '../jobs/job-schemas.js';
import { prefersAsync } from '../jobs/prefer.js';
import type { StoredArtefacts } from '../jobs/stored-artefacts.js';
import { allowOnly } from '../methods.js';
import type { Metrics } from '../metrics.js';
import { negotiate } from '../negotiate.js';
import { planJob } from '../plan-job.js';
import { setProvenance } from '../provenance-headers.js';
import { readCounted } from '../read-counted.js';
import { reservation } from '../reservation.js';
import { LONG_FIELDS } from '../guide-schema.js';
import { networkRequestSchema, type NetworkRecord, type Networks } from '../schemas.js';
import { sendFile } from '../send-file.js';
import { validate } from '../validate.js';

export interface NetworkRoutesOptions {
  readonly source: NetworkSource;
  readonly artefacts: ArtefactStore;
  readonly limits: JobLimits;
  readonly maxBodyBytes: number;
  /** Why the device is refused, if so. */
  readonly deviceFault: () => string | undefined;
  readonly metrics: Pick<Metrics, 'countNetworks'>;
  readonly answers: AnswerMemory;
  readonly clients: ClientLimit;
  readonly quota: NetworkQuota;
  readonly writeTimeoutMs: number;
  readonly log: Log;
  /** The files of jobs; undefined where the service keeps no jobs. */
  readonly stored: StoredArtefacts | undefined;
  readonly accept: AcceptJob | undefined;
}

const JSON_TYPE = 'application/json';

/** Generates networks, and serves kept files. */
export function networkRoutes(options: NetworkRoutesOptions): Router {
  const { artefacts, answers, writeTimeoutMs } = options;
  const router = Router();
  router
    .route('/v1/networks')
    .post(requireScope('generate'), (req, res) => generate(req, res, options))
    .all(allowOnly('POST'));
  router
    .route('/v1/networks/:id')
    .get(async (req, res) => {
      const { owner } = callerOf(res);
      const recent = artefacts.get(req.params.id, owner);
      const artefact = recent ?? (await readStored(req.params.id, res, options));
      if (artefact === undefined) throw notKept();
      const mediaType = negotiate(req, res, [...offeredTypes(artefact.mediaType), JSON_TYPE]);
      setProvenance(res, artefact);
      if (mediaType === JSON_TYPE) {
        res.json(toRecord(artefact, true));
        return;
      }
      if (recent !== undefined) answers.hold(recent, res);
      // A digest names one content; private, so that shared caches do not keep it.
      res.set('Cache-Control', 'private, max-age=31536000, immutable');
      await sendFile(req, res, { artefact, mediaType, writeTimeoutMs });
    })
    .delete(async (req, res) => {
      const { id } = req.params;
      const { owner } = callerOf(res);
      const wasRecent = artefacts.delete(id, owner);
      const wasStored = (await options.stored?.delete(id, owner)) === true;
      if (!wasRecent && !wasStored) throw notKept();
      res.status(204).end();
    })
    .all(allowOnly('GET', 'HEAD', 'DELETE'));
  return router;
}

function notKept(): WeightspringError {
  return new WeightspringError(
    'not-found',
    'no file of this id is kept for you; ask for it again with its seed',
  );
}

async function generate(req: Request, res: Response, options: NetworkRoutesOptions): Promise<void> {
  const { source, artefacts, limits, deviceFault, metrics, log } = options;
  const { answers, clients, quota, writeTimeoutMs } = options;
  clients.enter(res);
  const request = validate(networkRequestSchema, await readCounted(req, res, options), LONG_FIELDS);
  if (options.accept !== undefined && prefersAsync(req)) {
    res.set('Preference-Applied', 'respond-async');
    await options.accept(req, res, { kind: 'networks', request, ...DEFAULT_JOB_OPTIONS });
    return;
  }
  const { job, extrapolated } = await planJob(request, source, limits);
  const mediaType = negotiate(req, res, [...offeredTypes(fileTypeOf(job)), JSON_TYPE]);
  const fault = deviceFault();
  if (fault !== undefined) throw new WeightspringError('provider-unavailable', fault);
  quota.take(res, job.count);
  const settle = answers.reserve(reservation(job), res);
  const signal = untilClientLeaves(res);
  const { client, owner } = callerOf(res);
  const note = (digests: readonly string[]): void => {
    metrics.countNetworks(job.flow, job.count);
    logGenerated(log, res, job, digests);
  };
  const keep = (artefact: Artefact): Artefact => {
    artefacts.put(artefact, owner);
    return artefact;
  };
  const send = (artefact: Artefact): Promise<void> => {
    if (artefacts.has(artefact.id, owner)) res.location(href(artefact));
    settle(artefact.bytes.byteLength);
    return sendFile(req, res, { artefact, mediaType, writeTimeoutMs });
  };

  setProvenance(res, provenanceOf(job, extrapolated));
  if (mediaType !== JSON_TYPE && fileCount(job) > 1) {
    const { bytes, sha256 } = await source.archive(job, signal, client);
    note([sha256]);
    const fileName = `${jobName(job)}.zip`;
    await send(
      keep({
        id: sha256,
        bytes: detached(bytes),
        fileName,
        mediaType: ZIP,
        extrapolated,
        metadata: {},
      }),
    );
    return;
  }
  const networks = await source.sample(job, signal, client);
  note(networks.map(({ sha256 }) => sha256));
  const made = networks.map((network) => keep(toArtefact(job, network, extrapolated)));
  const [first] = made;
  if (first === undefined) throw new WeightspringError('internal', 'the sampler made no network');
  if (mediaType !== JSON_TYPE) {
    await send(first);
    return;
  }
  if (fileCount(job) === 1 && artefacts.has(first.id, owner)) res.location(href(first));
  const records = made.map((artefact) => toRecord(artefact, artefacts.has(artefact.id, owner)));
  res.json({ ...provenanceOf(job, extrapolated), networks: records } satisfies Networks);
}

/** A file of a job, which counts as memory of an answer while it is read and sent. */
async function readStored(
  id: string,
  res: Response,
  { stored, answers }: NetworkRoutesOptions,
): Promise<Artefact | undefined> {
  const { owner } = callerOf(res);
  const size = stored?.sizeOf(id, owner);
  if (stored === undefined || size === undefined) return undefined;
  answers.reserve(size, res);
  return stored.get(id, owner);
}

function toRecord(artefact: Artefact, isKept: boolean): NetworkRecord {
  const { id, bytes, fileName, mediaType, extrapolated, metadata } = artefact;
  return {
    id,
    href: isKept ? href(artefact) : null,
    fileName,
    mediaType,
    sizeBytes: bytes.byteLength,
    extrapolated,
    metadata: { ...metadata },
    certificate: certificateIn(metadata),
  };
}

function href({ id }: Artefact): string {
  return `/v1/networks/${id}`;
}

/** A signal that aborts when the connection closes before the response is complete. */
function untilClientLeaves(res: Response): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}
