import { pointGeometry } from '../flow/geometry.js';
import { predict, velocityOf, type FlowModel } from '../flow/prediction.js';
import { batchShapes, type PointLayout } from '../network/point-layout.js';
import type { Shape } from '../onnx/dim.js';
import { vjp } from '../ops/differentiate.js';
import type { ParameterInit, ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { Replay, Tracer, type Expression } from '../ops/trace.js';

/** The velocity at a point of the path, and one term of its divergence. */
export interface VelocityAndForm<T> {
  readonly velocity: readonly T[];
  /** `εᵀ P J P ε`, [batch]: its expectation over ε, or its sum over a basis, is the divergence. */
  readonly form: T;
}

/**
 * The velocity field of a flow with the quadratic form of its Jacobian along a probe, recorded once
 * and replayed in any interpreter.
 *
 * The divergence on the path's manifold is `tr(P J P)`, J the Jacobian in the ambient space and P
 * the projection to the tangent space at the point; in flat space P is the identity. `εᵀPJPε` comes
 * from one vector–Jacobian product.
 *
 * @see notation §9; Grathwohl et al. 2019, "FFJORD"
 */
export class RecordedDivergence {
  readonly #point: readonly Expression[];
  readonly #probe: readonly Expression[];
  readonly #t: Expression;
  readonly #parameters = new Map<
    string,
    { readonly input: Expression; readonly init: ParameterInit }
  >();
  readonly #velocity: readonly Expression[];
  readonly #form: Expression;

  /**
   * @param model - model at the points of one family; widths stay symbolic if the network supports
   * it
   * @throws WeightspringError `no-gradient` if the network cannot be differentiated
   */
  constructor(private readonly model: FlowModel) {
    const ops = new Tracer();
    const shapes = batchShapes(model.layout);
    const inputs = (prefix: string): readonly Expression[] =>
      model.layout.tensors.map(({ name }, index) =>
        ops.input(`${prefix}.${name}`, shapes[index] as Shape),
      );
    this.#point = inputs('x');
    this.#probe = inputs('probe');
    this.#t = ops.input('t', ['batch']);
    const parameter: ParameterSource<Expression> = (name, shape, init) => {
      const input = ops.input(`parameter ${name}`, shape);
      this.#parameters.set(name, { input, init });
      return input;
    };
    const { path } = pointGeometry(model.geometry, model.layout.tensors);
    const predicted = predict(ops, model, parameter, this.#point, this.#t);
    this.#velocity = velocityOf(ops, model, predicted, this.#point, this.#t);
    const direction = path.projectTangent(ops, this.#point, this.#probe);
    const image = vjp(ops, this.#velocity, direction, this.#point);
    this.#form = path.innerProduct(ops, this.#point, image, direction);
  }

  /** Layout of its points. */
  get layout(): PointLayout {
    return this.model.layout;
  }

  /**
   * The values at a point of another interpreter.
   *
   * @param parameter - parameters of the velocity network
   * @param probe - ε, shaped as the point
   */
  at<T>(
    ops: TensorOps<T>,
    parameter: ParameterSource<T>,
    {
      point,
      probe,
      t,
    }: { readonly point: readonly T[]; readonly probe: readonly T[]; readonly t: T },
  ): VelocityAndForm<T> {
    const bindings = new Map<Expression, T>([[this.#t, t]]);
    this.#point.forEach((input, index) => bindings.set(input, point[index] as T));
    this.#probe.forEach((input, index) => bindings.set(input, probe[index] as T));
    for (const [name, { input, init }] of this.#parameters) {
      bindings.set(input, parameter(name, input.shape as readonly number[], init));
    }
    const evaluation = new Replay(ops, bindings);
    return {
      velocity: this.#velocity.map((value) => evaluation.value(value)),
      form: evaluation.value(this.#form),
    };
  }
}
