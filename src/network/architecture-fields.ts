import { isLayered, type Architecture } from './architecture.js';

/** Names of the parts of an architecture in error messages about a request. */
export interface ArchitectureFields {
  readonly whole: string;
  readonly input: string;
  readonly output: string;
  readonly activation: string;
  /** Name of the group of hidden neurons at this index. */
  readonly group: (index: number) => string;
}

/** The names for an architecture in the form in which the user wrote it. */
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
