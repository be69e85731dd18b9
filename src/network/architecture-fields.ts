import { isLayered, type Architecture } from './architecture.js';

/** What messages about a request call the parts of its architecture. */
export interface ArchitectureFields {
  readonly whole: string;
  readonly input: string;
  readonly output: string;
  readonly activation: string;
  /** Of a group of hidden neurons, by its place among them. */
  readonly group: (index: number) => string;
}

/** The fields of an architecture, as its user wrote it. */
export function architectureFields(arch: Architecture): ArchitectureFields {
  if (isLayered(arch)) {
    const layer = (index: number): string => `architecture.layers[${index}]`;
    return {
      whole: 'architecture.layers',
      input: layer(0),
      output: layer(arch.layers.length - 1),
      activation: 'architecture.activation',
      group: (index) => layer(index + 1),
    };
  }
  return {
    whole: 'architecture.nodes',
    input: 'architecture.input',
    output: `architecture.nodes[${arch.nodes.length - 1}]`,
    activation: 'architecture.nodes',
    group: () => 'architecture.nodes',
  };
}
