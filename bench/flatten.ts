import type { Cell } from '../src/files/table.js';

/** Figures by name, in groups. */
export interface Figures {
  readonly [name: string]: Cell | Figures;
}

/** Values of nested records by dotted key: `{a: {b: 1}}` → `a.b`, 1. */
export function flatten(record: Figures, prefix = ''): readonly (readonly [string, Cell])[] {
  return Object.entries(record).flatMap(([name, value]) => {
    const key = `${prefix}${name}`;
    return typeof value === 'object' && value !== null
      ? flatten(value, `${key}.`)
      : [[key, value] as const];
  });
}
