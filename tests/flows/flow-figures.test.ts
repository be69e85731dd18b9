import { describe, expect, it } from 'vitest';
import { figuresText, parseFlowCard, type FlowFigure } from '../../src/flows/flow-figures.js';

const figure: FlowFigure = {
  layers: [2, 8, 2],
  activation: 'relu',
  solver: 'euler',
  steps: 4,
  samples: 64,
  accuracy: { mean: 0.9, min: 0.8 },
  crossEntropy: 0.3,
  trainedAccuracy: null,
  judgement: null,
};

describe('parseFlowCard', () => {
  it('reads what is written, of which nothing is served by scrutinies', () => {
    const text = figuresText([figure], [{ layers: [2, 8, 2], activation: 'relu', steps: 4 }]);
    expect(JSON.parse(text)).toMatchObject({ formatVersion: 2, scrutinies: [{ steps: 4 }] });
    const scrutiny = { layers: [2, 8, 2], activation: 'relu', steps: 4 };
    expect(parseFlowCard(text, 'figures.json')).toEqual({
      figures: [figure],
      scrutinies: [scrutiny],
    });
  });

  it('reads the plain list of cards from before', () => {
    expect(parseFlowCard(JSON.stringify([figure]), 'figures.json')).toEqual({
      figures: [figure],
      scrutinies: [],
    });
  });

  it.each([
    ['another version', { formatVersion: 3, figures: [], scrutinies: [] }],
    ['no figures', { formatVersion: 2 }],
    ['a figure without steps', [{ ...figure, steps: undefined }]],
  ])('refuses %s', (_, value) => {
    expect(() => parseFlowCard(JSON.stringify(value), 'figures.json')).toThrow(
      /figures\.json does not hold figures of a card/,
    );
  });
});
