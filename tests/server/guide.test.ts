import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { Networks } from '../../server/schemas.js';
import { FLOW } from './fake-source.js';
import { GOOD, testApp, type TestAppOptions } from './test-app.js';

const ROW = Array.from({ length: 30 }, (_, index) => index / 4);
const ROWS = { rows: [ROW, ROW.toReversed()], labels: ['benign', 0] };
const HEADER = [...FLOW.featureNames, 'class'].join(',');
const CSV = `${HEADER}\n${ROW.join(',')},benign\n${ROW.toReversed().join(',')},malignant\n`;

/** What the service makes of a request with this guide. */
async function guided(guide: unknown, options: TestAppOptions = {}) {
  const { app, source } = testApp(options);
  const answer = await request(app)
    .post('/v1/networks')
    .set('Accept', 'application/json')
    .send({ ...GOOD, guide });
  return { answer, guide: source.jobs[0]?.guide };
}

describe('a request with labelled rows', () => {
  it('is drawn with them, and says so', async () => {
    const { answer, guide } = await guided({ ...ROWS, strength: 2.5, schedule: 'linear' });
    expect(answer.status).toBe(200);
    expect(guide).toMatchObject({
      form: 'end-point',
      schedule: 'linear',
      strength: 2.5,
      gradients: 1,
      rowsPerStep: 512,
    });
    expect([...guide!.data.features]).toEqual([...ROW, ...ROW.toReversed()]);
    expect([...guide!.data.labels]).toEqual([1, 0]);
    const { guide: told } = answer.body as Networks;
    expect(told).toEqual({
      rows: 2,
      sha256: guide!.data.sha256,
      form: 'end-point',
      schedule: 'linear',
      strength: 2.5,
      gradients: 1,
      rowsPerStep: 512,
    });
  });

  it('may have them as text or as objects', async () => {
    const { guide } = await guided(ROWS);
    const named = ROWS.rows.map((row, index) => ({
      ...Object.fromEntries(FLOW.featureNames.map((name, k) => [name, row[k]])),
      diagnosis: index === 0 ? 'benign' : 'malignant',
    }));
    for (const other of [{ csv: CSV }, { rows: named, target: 'diagnosis' }]) {
      const { answer, guide: same } = await guided(other);
      expect(answer.status).toBe(200);
      expect(same).toEqual(guide);
    }
  });

  it('may have hundreds of them', async () => {
    const rows = Array.from({ length: 600 }, () => ROW);
    const options = { maxBodyBytes: 2 ** 20 };
    const { answer, guide } = await guided({ rows, labels: rows.map(() => 0) }, options);
    expect(answer.status).toBe(200);
    expect(guide!.data.labels).toHaveLength(600);
  });

  it.each([
    ['no rows', {}, 'guide.rows', 'expected either rows or csv'],
    ['both', { ...ROWS, csv: CSV }, 'guide.rows', 'expected either rows or csv'],
    ['an empty list', { rows: [], labels: [] }, 'guide.rows', ''],
    ['no list', { rows: 3 }, 'guide.rows', ''],
    ['too many rows', { rows: new Array(10_001).fill(0) }, 'guide.rows', ''],
    ['labels beside text', { csv: CSV, labels: [0, 1] }, 'guide.labels', 'leave labels out'],
    ['a label too few', { ...ROWS, labels: [0] }, 'guide.rows', '2 rows and 1 labels'],
    ['lists without labels', { rows: ROWS.rows }, 'guide.rows', 'row 1: expected an object'],
    ['another width', { rows: [[1, 2]], labels: [0] }, 'guide.rows', 'rows of 30 features'],
    [
      'a cell that is no number',
      { ...ROWS, rows: [ROW, ['x', ...ROW.slice(1)]] },
      'guide.rows',
      "row 2, column 'feature 0': expected a number, got 'x'",
    ],
    [
      'an unknown class',
      { ...ROWS, labels: ['benign', 2] },
      'guide.rows',
      "row 2, column 'y': expected one of the classes malignant, benign, got '2'",
    ],
    ['text without names', { csv: 'a\n1\n2' }, 'guide.csv', 'which column holds the labels'],
    ['an unknown target', { csv: CSV, target: 'x' }, 'guide.csv', "expected a column 'x'"],
    ['a line too long', { csv: `${CSV}1,2` }, 'guide.csv', 'line 4: expected 31 cells'],
    ['a negative strength', { ...ROWS, strength: -1 }, 'guide.strength', ''],
    ['a strength beyond all', { ...ROWS, strength: 1e7 }, 'guide.strength', ''],
    ['an unknown schedule', { ...ROWS, schedule: 'never' }, 'guide.schedule', ''],
    ['an unknown form', { ...ROWS, form: 'none' }, 'guide.form', ''],
    ['no row per step', { ...ROWS, rowsPerStep: 0 }, 'guide.rowsPerStep', ''],
    ['an unknown field', { ...ROWS, file: '/etc/passwd' }, 'guide.file', ''],
  ])('is refused for %s', async (_, guide, field, detail) => {
    const { answer } = await guided(guide);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'invalid-argument', field });
    expect((answer.body as { detail: string }).detail).toContain(detail);
  });

  it('is refused with 413 for more rows than memory is planned for', async () => {
    const line = `${ROW.map(() => 0).join(',')},benign\n`;
    const csv = `${HEADER}\n${line.repeat(70_000)}`;
    const { answer } = await guided({ csv }, { maxBodyBytes: 8 * 2 ** 20 });
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({ code: 'too-large', field: 'guide.csv' });
  });

  it('counts the rows in what it costs', async () => {
    const cheap = { limits: { maxOperations: 1e7, maxBytes: 1e8 }, maxBodyBytes: 2 ** 20 };
    expect((await guided(undefined, cheap)).answer.status).toBe(200);
    const rows = Array.from({ length: 500 }, () => ROW);
    const { answer } = await guided({ rows, labels: rows.map(() => 0) }, cheap);
    expect(answer.status).toBe(413);
    expect((answer.body as { detail: string }).detail).toContain('operations');
  });
});
