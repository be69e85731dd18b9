import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFlowConfig } from '../../src/flows/parse-flow-config.js';
import { FLOW_FILES } from '../../src/flows/flow-store.js';
import { thrownBy } from '../support/error-code.js';
import { writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

let flow: ToyFlow;
let text: string;

beforeAll(async () => {
  flow = await writeToyFlow();
  text = await readFile(join(flow.folder, FLOW_FILES.config), 'utf8');
});

afterAll(() => flow.remove());

describe('parseFlowConfig', () => {
  it('reads what was written', () => {
    expect(parseFlowConfig(text, 'config.json')).toEqual(flow.config);
  });

  it('reads flows from before there was a choice of edge updates', () => {
    const written = JSON.parse(text) as { velocity: object };
    const velocity = { ...written.velocity, edgeUpdate: undefined };
    const config = parseFlowConfig(JSON.stringify({ ...written, velocity }), 'config.json');
    expect(config.velocity).toMatchObject({
      kind: 'neuron-transformer',
      edgeUpdate: 'full',
    });
  });

  it.each([
    ['formatVersion', { formatVersion: 2 }],
    ['name', { name: '../toy' }],
    ['prediction', { prediction: 'noise' }],
    ['steps.default', { steps: { default: 0, max: 64 } }],
    ['bounds', { bounds: undefined }],
    ['activations', { activations: [] }],
    [
      'scales.2-h1-2[0].fanIn',
      { scales: { '2-h1-2': [{ intercept: 0, fanIn: null, fanOut: 0 }] } },
    ],
    ['sha256', { sha256: 'ABC' }],
    ['stochasticity.to', { stochasticity: { strength: 1, from: 0.5, to: 0.4 } }],
    ['activations', { geometry: 'geometric', activations: ['relu', 'tanh'] }],
  ])('names the field at fault: %s', (field, changes) => {
    const damaged = JSON.stringify({ ...(JSON.parse(text) as object), ...changes });
    const { code, message } = thrownBy(() => parseFlowConfig(damaged, 'toy/config.json'));
    expect(code).toBe('data-corrupt');
    expect(message).toContain(`toy/config.json, field '${field}'`);
  });

  it('refuses fields that it does not know', () => {
    const more = JSON.stringify({ ...(JSON.parse(text) as object), extra: 1 });
    const { code, message } = thrownBy(() => parseFlowConfig(more, 'toy/config.json'));
    expect(code).toBe('data-corrupt');
    expect(message).toContain('extra');
  });

  it('refuses what is not JSON', () => {
    const { code, message } = thrownBy(() => parseFlowConfig(text.slice(1), 'toy/config.json'));
    expect(code).toBe('data-corrupt');
    expect(message).toContain('toy/config.json is not JSON');
  });
});
