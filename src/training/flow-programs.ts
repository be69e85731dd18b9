import { isCanonical } from '../flow/geometry.js';
import type { Architecture } from '../network/architecture.js';
import type { Family } from '../network/family.js';
import { layerOf } from '../network/layers/registry.js';
import { networkOf } from '../network/network.js';
import { familyLayout } from '../network/point-layout.js';
import type { ParameterSpec } from '../ops/tensor-ops.js';
import type { VelocityNetwork } from '../velocity/velocity-network.js';
import { distilProgram } from './distil-program.js';
import type { Engine, GradientFunction } from './engine.js';
import { flowProgram } from './flow-program.js';
import type { FlowTrainingConfig } from './flow-training-config.js';

/** The compiled losses of a training, one for each family that comes up. */
export class FlowPrograms {
  readonly #programs = new Map<string, GradientFunction>();

  constructor(
    private readonly config: FlowTrainingConfig,
    private readonly network: VelocityNetwork,
    private readonly parameters: readonly ParameterSpec[],
    private readonly engine: Engine,
  ) {}

  /** Networks of one family differ in nothing but widths, unless their functions are looked at. */
  async of(family: Family, arch: Architecture): Promise<GradientFunction> {
    const { prediction, geometry, skip, loss, lossMean } = this.config;
    const behaviour = this.config.behaviour && { ...this.config.behaviour, architecture: arch };
    const key = behaviour === undefined ? family.key : `${family.key}/${betweenOf(arch)}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const layout = familyLayout(family, isCanonical(geometry));
    const flowMap = this.config.distil !== undefined;
    const model = { network: this.network, layout, prediction, geometry, skip, flowMap };
    const lossProgram = flowMap ? distilProgram : flowProgram;
    // Convolutions of many networks at once are fast only where their number is known.
    const readsImages = behaviour !== undefined && networkOf(arch).graph.input.length > 1;
    const batch = readsImages ? this.config.batchSize : undefined;
    const program = await this.engine.compile(
      lossProgram({ model, loss, lossMean, parameters: this.parameters, behaviour, batch }),
    );
    this.#programs.set(key, program);
    return program;
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs.values()) await program.dispose();
  }
}

/** What stands between the layers that have neurons: all that a function has beside its weights. */
function betweenOf(arch: Architecture): string {
  const { nodes } = networkOf(arch).graph;
  return JSON.stringify(
    nodes.map(({ layer }) => layer).filter((layer) => layerOf(layer).neurons === 'shares'),
  );
}
