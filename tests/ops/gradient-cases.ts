import type { Primitive, TensorOps } from '../../src/ops/tensor-ops.js';

/** A computation to differentiate by all its inputs. */
export interface GradientCase {
  readonly shapes: readonly (readonly number[])[];
  readonly compute: Compute;
  /** Range of the inputs' values; default −2 to 2. */
  readonly range?: readonly [number, number];
  /** Its second derivative exists everywhere; default true. */
  readonly smooth?: boolean;
}

type Compute = <T>(ops: TensorOps<T>, inputs: readonly T[]) => T;

const SHAPES = [[], [5], [2, 3], [2, 1, 3, 2]] as const;

const PAIRS = [
  [[3], [3]],
  [[2, 3], []],
  [[], [2, 3]],
  [
    [2, 3],
    [1, 3],
  ],
  [[3], [2, 3]],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [
    [1, 1],
    [2, 3],
  ],
] as const;

type Options = Pick<GradientCase, 'range' | 'smooth'>;

function unary(compute: Compute, options: Options = {}): readonly GradientCase[] {
  return SHAPES.map((shape) => ({ shapes: [shape], compute, ...options }));
}

function binary(compute: Compute, options: Options = {}): readonly GradientCase[] {
  return PAIRS.map((shapes) => ({ shapes, compute, ...options }));
}

function cases(
  ...list: readonly (readonly [GradientCase['shapes'], Compute])[]
): readonly GradientCase[] {
  return list.map(([shapes, compute]) => ({ shapes, compute }));
}

/** At least one case for each primitive: one that is missing does not compile. */
export const GRADIENT_CASES: Readonly<Record<Primitive, readonly GradientCase[]>> = {
  constant: cases([[[2]], (ops, [x]) => ops.mul(x!, ops.constant([2, -3]))]),
  exp: unary((ops, [x]) => ops.exp(x!)),
  log: unary((ops, [x]) => ops.log(x!), { range: [0.5, 3] }),
  sqrt: unary((ops, [x]) => ops.sqrt(x!), { range: [0.5, 3] }),
  sin: unary((ops, [x]) => ops.sin(x!)),
  cos: unary((ops, [x]) => ops.cos(x!)),
  tanh: unary((ops, [x]) => ops.tanh(x!)),
  erf: unary((ops, [x]) => ops.erf(x!)),
  atan: unary((ops, [x]) => ops.atan(x!)),
  step: unary((ops, [x]) => ops.add(ops.step(x!), x!), { smooth: false }),

  add: binary((ops, [a, b]) => ops.add(a!, b!)),
  sub: binary((ops, [a, b]) => ops.sub(a!, b!)),
  mul: [
    ...binary((ops, [a, b]) => ops.mul(a!, b!)),
    ...unary((ops, [x]) => ops.mul(x!, x!)),
    ...unary((ops, [x]) => ops.mul(ops.mul(x!, ops.constant(3)), ops.constant(-0.5))),
  ],
  div: [
    ...binary((ops, [a, b]) => ops.div(a!, b!), { range: [0.5, 2] }),
    ...unary((ops, [x]) => ops.div(ops.constant(1), x!), { range: [0.5, 2] }),
  ],
  maximum: [
    ...binary((ops, [a, b]) => ops.maximum(a!, b!), { smooth: false }),
    ...unary((ops, [x]) => ops.maximum(x!, ops.constant(0)), { smooth: false }),
  ],

  sum: cases(
    [[[2, 3]], (ops, [x]) => ops.sum(x!)],
    [[[2, 3]], (ops, [x]) => ops.sum(x!, [])],
    [[[2, 3, 4]], (ops, [x]) => ops.sum(x!, [1])],
    [[[2, 3, 4]], (ops, [x]) => ops.sum(x!, [2, 0], true)],
    [[[2, 1, 4]], (ops, [x]) => ops.sum(x!, [1])],
    [[[2, 3]], (ops, [x]) => ops.sum(ops.mul(x!, ops.constant(3)), [0])],
  ),
  mean: cases(
    [[[2, 3]], (ops, [x]) => ops.mean(x!)],
    [[[2, 3, 4]], (ops, [x]) => ops.mean(x!, [1])],
    [[[2, 3, 4]], (ops, [x]) => ops.mean(x!, [0, 2], true)],
    [[[2, 1, 4]], (ops, [x]) => ops.mean(x!, [1], true)],
  ),
  max: cases(
    [[[2, 3]], (ops, [x]) => ops.max(x!)],
    [[[2, 3, 4]], (ops, [x]) => ops.max(x!, [1])],
    [[[2, 3, 4]], (ops, [x]) => ops.max(x!, [2, 0], true)],
    [[[2, 1, 4]], (ops, [x]) => ops.max(x!, [1])],
  ).map((gradientCase) => ({ ...gradientCase, smooth: false })),
  count: cases([[[2, 3]], (ops, [x]) => ops.div(x!, ops.count(x!, [0, 1]))]),

  softmax: cases(
    [[[4]], (ops, [x]) => ops.softmax(x!)],
    [[[2, 3, 4]], (ops, [x]) => ops.softmax(x!)],
    [[[2, 1]], (ops, [x]) => ops.softmax(x!)],
  ),
  logSoftmax: cases(
    [[[4]], (ops, [x]) => ops.logSoftmax(x!)],
    [[[2, 3, 4]], (ops, [x]) => ops.logSoftmax(x!)],
  ),
  layerNorm: cases(
    [[[4]], (ops, [x]) => ops.layerNorm(x!, 0.1)],
    [[[2, 3, 4]], (ops, [x]) => ops.layerNorm(x!, 1e-3)],
    [[[2, 1]], (ops, [x]) => ops.layerNorm(x!, 1e-3)],
  ),

  matMul: (
    [
      [
        [2, 3],
        [3, 4],
      ],
      [
        [5, 2, 3],
        [3, 4],
      ],
      [
        [5, 2, 3],
        [1, 3, 4],
      ],
      [
        [2, 5, 2, 3],
        [3, 4],
      ],
      [
        [2, 3],
        [5, 3, 4],
      ],
      [
        [5, 2, 3],
        [5, 3, 4],
      ],
      [
        [5, 1, 2, 3],
        [2, 3, 4],
      ],
      [
        [1, 2, 3],
        [1, 3, 4],
      ],
      [
        [1, 3],
        [3, 1],
      ],
    ] as const
  ).flatMap((shapes) => cases([shapes, (ops, [a, b]) => ops.matMul(a!, b!)])),

  conv2d: (
    [
      [
        [2, 3, 5, 4],
        [4, 3, 2, 3],
      ],
      [
        [1, 2, 3, 3],
        [1, 2, 1, 1],
      ],
      [
        [2, 3, 2, 4, 4],
        [2, 3, 2, 3, 3],
      ],
      [
        [3, 2, 4, 4],
        [2, 3, 2, 2, 2],
      ],
      [
        [1, 3, 2, 4, 4],
        [2, 3, 2, 2, 2],
      ],
      [
        [2, 3, 2, 4, 4],
        [3, 2, 2, 2],
      ],
      [
        [2, 1, 3, 2, 3, 3],
        [2, 3, 2, 2, 2],
      ],
    ] as const
  ).flatMap((shapes) => cases([shapes, (ops, [x, filters]) => ops.conv2d(x!, filters!)])),
  maxPool: [
    ...cases(
      [[[2, 3, 4, 6]], (ops, [x]) => ops.maxPool(x!, 2)],
      [[[2, 5, 7]], (ops, [x]) => ops.maxPool(x!, 3)],
      [[[4, 4]], (ops, [x]) => ops.maxPool(x!, 1)],
      [[[2, 2, 1, 4, 4]], (ops, [x]) => ops.maxPool(x!, 4)],
    ),
  ].map((one) => ({ ...one, smooth: false })),

  transpose: cases(
    [[[2, 3]], (ops, [x]) => ops.transpose(x!, [1, 0])],
    [[[2, 3, 4]], (ops, [x]) => ops.transpose(x!, [2, 0, 1])],
    [[[2, 3, 4, 2]], (ops, [x]) => ops.transpose(ops.transpose(x!, [0, 2, 3, 1]), [1, 0, 2, 3])],
    [
      [
        [5, 2, 3],
        [5, 4, 3],
      ],
      (ops, [a, b]) => ops.matMul(a!, ops.transpose(b!, [0, 2, 1])),
    ],
    [
      [
        [3, 2],
        [4, 3],
      ],
      (ops, [a, b]) =>
        ops.transpose(ops.matMul(ops.transpose(a!, [1, 0]), ops.transpose(b!, [1, 0])), [1, 0]),
    ],
  ),
  reshape: cases(
    [[[2, 3]], (ops, [x]) => ops.reshape(x!, [3, 2])],
    [[[2, 3]], (ops, [x]) => ops.reshape(ops.reshape(x!, [6]), [1, 2, 1, 3])],
    [[[1, 1]], (ops, [x]) => ops.reshape(x!, [])],
  ),
  broadcastTo: cases(
    [[[]], (ops, [x]) => ops.broadcastTo(x!, [2, 3])],
    [[[3]], (ops, [x]) => ops.broadcastTo(x!, [2, 3])],
    [[[2, 1, 3]], (ops, [x]) => ops.broadcastTo(x!, [2, 2, 4, 3])],
    [
      [
        [2, 1],
        [2, 3],
      ],
      (ops, [a, b]) => ops.mul(ops.broadcastTo(a!, [2, 3]), b!),
    ],
    [
      [
        [2, 1],
        [2, 1],
      ],
      (ops, [a, b]) => ops.mul(ops.broadcastTo(a!, [2, 3]), ops.broadcastTo(b!, [2, 3])),
    ],
  ),
  concat: cases(
    [
      [
        [2, 3],
        [2, 1],
      ],
      (ops, inputs) => ops.concat(inputs, 1),
    ],
    [
      [
        [1, 2],
        [3, 2],
      ],
      (ops, [a, b]) => ops.concat([a!, b!, a!], 0),
    ],
  ),
  slice: cases(
    [[[5]], (ops, [x]) => ops.slice(x!, 0, 1, 3)],
    [[[2, 5, 2]], (ops, [x]) => ops.slice(x!, 1, 0, 2)],
    [
      [[2, 6]],
      (ops, [x]) => {
        const part = (start: number, size: number) => ops.slice(x!, 1, start, size);
        return ops.mul(ops.add(part(4, 2), part(0, 2)), ops.mul(part(2, 2), part(1, 2)));
      },
    ],
  ),
  pad: cases(
    [[[3]], (ops, [x]) => ops.pad(x!, 0, 1, 2)],
    [[[2, 3]], (ops, [x]) => ops.pad(x!, 1, 0, 2)],
  ),
};
