import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { GOOD, testApp } from './test-app.js';

describe('/metrics', () => {
  /** The value of each time series, by name and labels. */
  async function collect(app: ReturnType<typeof testApp>['app']) {
    const { text, headers } = await request(app).get('/metrics').expect(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const [, series = '', value] = /^(.*) (\S+)$/.exec(line) ?? [];
        return [series, Number(value)];
      }),
    );
  }

  it('counts requests by route and status, and how long they took', async () => {
    const { app } = testApp();
    await request(app).get('/v1/flows/wdbc').expect(200);
    await request(app).get('/v1/flows/nobody').expect(404);
    await request(app).get('/v1/flows/no-one').expect(404);
    await request(app).get('/some/path').expect(404);
    await request(app).delete('/v1/flows').expect(405);
    const series = await collect(app);
    const requests = (labels: string): number | undefined =>
      series.get(`weightspring_http_requests_total{${labels}}`);
    expect(requests('method="GET",route="/v1/flows/:name",status="200"')).toBe(1);
    expect(requests('method="GET",route="/v1/flows/:name",status="404"')).toBe(2);
    expect(requests('method="GET",route="none",status="404"')).toBe(1);
    expect(requests('method="DELETE",route="/v1/flows",status="405"')).toBe(1);
    const durations = 'weightspring_http_request_duration_seconds';
    const labels = 'method="GET",route="/v1/flows/:name"';
    expect(series.get(`${durations}_count{${labels}}`)).toBe(3);
    expect(series.get(`${durations}_bucket{le="+Inf",${labels}}`)).toBe(3);
    // Milliseconds taken for seconds would exceed it.
    expect(series.get(`${durations}_sum{${labels}}`)).toBeLessThan(1);
  });

  it('tells how many flows are served and refused', async () => {
    const { app, source } = testApp();
    source.refusedList = [{ name: 'bad', reason: 'it is bad' }];
    const series = await collect(app);
    expect(series.get('weightspring_flows{state="served"}')).toBe(1);
    expect(series.get('weightspring_flows{state="refused"}')).toBe(1);
  });

  it('counts the networks of answers, single and in archives', async () => {
    const { app, source } = testApp();
    await request(app).post('/v1/networks').send(GOOD).expect(200);
    await request(app)
      .post('/v1/networks')
      .send({ ...GOOD, count: 5 })
      .expect(200);
    source.failure = new Error('broken');
    await request(app).post('/v1/networks').send(GOOD).expect(500);
    const series = await collect(app);
    expect(series.get('weightspring_networks_generated_total{flow="wdbc"}')).toBe(6);
  });

  it('tells of a client that left before its answer', async () => {
    const { app, source } = testApp();
    source.delayMs = 10_000;
    const gone = request(app).post('/v1/networks').send(GOOD);
    gone.end(() => undefined);
    while (source.jobs.length === 0) await new Promise(setImmediate);
    gone.abort();
    let left: number | undefined;
    while (left === undefined) {
      const series = await collect(app);
      left = series.get(
        'weightspring_http_requests_total{method="POST",route="/v1/networks",status="499"}',
      );
    }
    expect(left).toBe(1);
  });

  it('shows the state of the pool and the device', async () => {
    const { app, source } = testApp();
    source.state = { alive: 3, busy: 2, queued: 7, closing: false };
    source.where = { provider: 'cuda', requested: 'cuda' };
    expect(
      (await collect(app)).get('weightspring_device_info{provider="cuda",requested="cuda"}'),
    ).toBe(1);
    source.where = { provider: 'cpu', requested: 'cuda', fallbackReason: 'no driver' };
    const series = await collect(app);
    expect(series.get('weightspring_queue_length')).toBe(7);
    expect(series.get('weightspring_workers{state="busy"}')).toBe(2);
    expect(series.get('weightspring_workers{state="idle"}')).toBe(1);
    const devices = [...series.keys()].filter((name) => name.startsWith('weightspring_device'));
    expect(devices).toEqual(['weightspring_device_info{provider="cpu",requested="cuda"}']);
  });
});
