import { describe, expect, it } from 'vitest';
import { isFlowName } from '../../src/flows/flow-name.js';

describe('a name of a flow', () => {
  it.each(['wdbc', '7', 'a-b-', 'x'.repeat(64), 'reload-2', 'console'])('may be %s', (name) => {
    expect(isFlowName(name)).toBe(true);
  });

  it.each([
    ...['', 'My Flow', 'Flow', '-flow', 'x'.repeat(65), '..', 'a/b', 'flöw', 'a\n', 'a.b'],
    ...['reload', 'con', 'com1'],
  ])('may not be %j', (name) => {
    expect(isFlowName(name)).toBe(false);
  });
});
