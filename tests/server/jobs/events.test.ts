import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { jobEventSchema } from '../../../server/jobs/job-schemas.js';
import { GOOD } from '../test-app.js';
import { jobsApp, post, until, type JobsApp } from './jobs-app.js';

const JOB = { kind: 'networks', request: { ...GOOD, count: 64 } };

/** What a stream has sent. */
interface Followed {
  readonly status: number;
  readonly type: string | null;
  /** Its text so far; complete once `ended` resolves. */
  text(): string;
  readonly ended: Promise<string>;
  leave(): void;
}

const eventsIn = (text: string): { id: number; event: string; data: unknown }[] =>
  text
    .split('\n\n')
    .map((block) => /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block))
    .filter((match) => match !== null)
    .map(([, id, event, data]) => ({
      id: Number(id),
      event: event!,
      data: JSON.parse(data!) as unknown,
    }));

describe('GET /v1/jobs/{id}/events', () => {
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  async function listen({ app }: Pick<JobsApp, 'app'>): Promise<string> {
    const server = createServer(app);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function follow(
    url: string,
    id: string,
    headers: Record<string, string> = {},
  ): Promise<Followed> {
    const leaving = new AbortController();
    const answer = await fetch(`${url}/v1/jobs/${id}/events`, { headers, signal: leaving.signal });
    let text = '';
    const read = async (): Promise<string> => {
      for await (const piece of answer.body ?? []) text += Buffer.from(piece).toString();
      return text;
    };
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      text: () => text,
      ended: read().catch(() => text),
      leave: () => {
        leaving.abort();
      },
    };
  }

  it('tells all from the acceptance to the end, numbered and named after the state', async () => {
    const app = await jobsApp();
    app.source.delayMs = 50;
    const url = await listen(app);
    const { id } = await post(app.app, JOB);
    const followed = await follow(url, id, { accept: 'text/event-stream' });
    expect(followed.type).toBe('text/event-stream');
    const events = eventsIn(await followed.ended);
    expect(events.map(({ id: number, event }) => [number, event])).toEqual([
      [1, 'queued'],
      [2, 'running'],
      [3, 'running'],
      [4, 'succeeded'],
    ]);
    for (const { data, event } of events) expect(jobEventSchema.parse(data).state).toBe(event);
    expect(events[2]!.data).toMatchObject({ progress: { done: 32, total: 64 } });
  });

  it('goes on after the last event that a client has, also in another process', async () => {
    const before = await jobsApp();
    const { id } = await post(before.app, JOB);
    await until(before.app, id, 'succeeded');
    const app = await before.restart();
    const url = await listen(app);
    for (const last of [0, 1, 3]) {
      const followed = await follow(url, id, { 'last-event-id': String(last) });
      const events = eventsIn(await followed.ended);
      expect(events.map(({ id: number }) => number)).toEqual([1, 2, 3, 4].slice(last));
    }
    // Without this answer, an EventSource would come back for ever.
    for (const last of ['4', '99']) {
      expect((await follow(url, id, { 'last-event-id': last })).status).toBe(204);
    }
    for (const last of ['x', '-1', '1.5', '9'.repeat(50)]) {
      const followed = await follow(url, id, { 'last-event-id': last });
      expect(eventsIn(await followed.ended)).toHaveLength(4);
    }
  });

  it('shows that it is alive where nothing happens, and ends with the service', async () => {
    const app = await jobsApp({ heartbeatMs: 20 });
    app.source.delayMs = 60_000;
    const url = await listen(app);
    const { id } = await post(app.app, JOB);
    const followed = await follow(url, id);
    await vi.waitFor(
      () => {
        expect(followed.text().match(/^: nothing new$/gm)?.length).toBeGreaterThan(2);
      },
      { timeout: 10_000 },
    );
    expect(app.jobs.streams.size).toBe(1);
    app.jobs.leave();
    expect(eventsIn(await followed.ended).at(-1)?.event).toBe('running');
    expect(app.jobs.streams.size).toBe(0);
    await app.jobs.cancel(id);
  });

  it('forgets a client that leaves, and one that does not read', async () => {
    const app = await jobsApp({ heartbeatMs: 1, writeTimeoutMs: 200 });
    app.source.delayMs = 60_000;
    const url = await listen(app);
    const { id } = await post(app.app, JOB);
    const followed = await follow(url, id);
    await vi.waitFor(() => {
      expect(app.jobs.streams.size).toBe(1);
    });
    followed.leave();
    const deaf = connect(Number(new URL(url).port), '127.0.0.1');
    deaf.pause();
    deaf.write(`GET /v1/jobs/${id}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
    await vi.waitFor(
      () => {
        expect(app.jobs.streams.size).toBe(1);
      },
      { timeout: 10_000 },
    );
    deaf.destroy();
    await vi.waitFor(
      () => {
        expect(app.jobs.streams.size).toBe(0);
      },
      { timeout: 10_000 },
    );
    await app.jobs.cancel(id);
  });

  it('answers HEAD without a stream, and refuses what is no stream and too many of a client', async () => {
    const app = await jobsApp({ clientLimit: 2 });
    app.source.delayMs = 60_000;
    const url = await listen(app);
    const { id } = await post(app.app, JOB);
    const head = await fetch(`${url}/v1/jobs/${id}/events`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect((await follow(url, id, { accept: 'application/json' })).status).toBe(406);
    const open = [await follow(url, id), await follow(url, id)];
    expect(open.map(({ status }) => status)).toEqual([200, 200]);
    expect((await follow(url, id)).status).toBe(429);
    // They do not count as requests for networks.
    await app.jobs.cancel(id);
    for (const { ended } of open) expect(eventsIn(await ended).at(-1)?.event).toBe('cancelled');
  });
});
