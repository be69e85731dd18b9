import { foreign, type ForeignTensor } from './foreign-tensor.js';

/** A dense layer: `y = x W + b`. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** `[inputs, outputs]`, row-major. */
  readonly weight: Float32Array;
  /** `[outputs]` */
  readonly bias: Float32Array;
}

/** A layer whose matrix may have to be transposed. */
interface Candidate {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly matrix: Float32Array;
  readonly bias: Float32Array | null;
  /** The layout that its name tells: `[out, in]` for torch's weights, `[in, out]` for kernels. */
  readonly outFirst: boolean;
}

/** More layers than orders of them can be tried. */
const MOST_LAYERS = 64;

/**
 * The dense layers of named tensors, input first. Matrices and biases belong together by what their
 * names begin with, else by their order; the order of layers follows from numbers in the names, else
 * from the shapes.
 *
 * @param outputs - widths that the last layer may have
 * @throws WeightspringError `data-corrupt` where no chain of layers leads from inputs to outputs
 */
export function chainLayers(
  tensors: ReadonlyMap<string, ForeignTensor>,
  inputs: number,
  outputs: readonly number[],
): readonly DenseLayer[] {
  const candidates = candidatesOf(tensors);
  for (const order of [candidates, [...candidates].reverse()]) {
    const chain = chainInOrder(order, inputs, outputs);
    if (chain !== null) return chain;
  }
  const found = search(candidates, inputs, outputs);
  if (found !== null) return found;
  const shapes = candidates.map(({ name, rows, columns }) => `${name} [${rows}, ${columns}]`);
  throw foreign(
    `expected layers that lead from ${inputs} features to ${outputs[0] ?? 0} classes, got ` +
      (shapes.slice(0, 8).join(', ') || 'no matrix'),
  );
}

/** What names of a matrix and of a bias end in. */
const MATRIX_NAME = /^(?:weight|kernel|w|weights|matrix)$/i;
const BIAS_NAME = /^(?:bias|b|biases|beta)$/i;

interface NamedMatrix {
  readonly name: string;
  readonly kind: string;
  readonly tensor: ForeignTensor;
  bias: Float32Array | null;
}

function candidatesOf(tensors: ReadonlyMap<string, ForeignTensor>): readonly Candidate[] {
  const matrices = new Map<string, NamedMatrix>();
  const vectors: { readonly name: string; readonly stem: string; readonly data: Float32Array }[] =
    [];
  for (const [name, tensor] of [...tensors].sort(([a], [b]) => compareNames(a, b))) {
    const { stem, kind } = parseName(name);
    const [length = 0] = tensor.shape;
    if (tensor.shape.length === 2) matrices.set(stem, { name, kind, tensor, bias: null });
    else if (tensor.shape.length === 1 && length > 0 && !isOfNormalisation(name, kind)) {
      vectors.push({ name, stem, data: tensor.data });
    } else if (tensor.shape.length > 0) {
      throw foreign(
        `tensor '${name}' [${tensor.shape.join(', ')}] is neither the matrix nor the bias of a dense ` +
          'layer: fold normalisation into the layers beside it before saving',
      );
    }
  }
  if (matrices.size > MOST_LAYERS) throw foreign(`it has ${matrices.size} matrices`);
  for (const { name, stem, data } of vectors) {
    const owner = matrices.get(stem) ?? before(matrices.values(), name);
    if (owner?.tensor.shape.includes(data.length) !== true || owner.bias !== null) {
      throw foreign(`tensor '${name}' [${data.length}] is the bias of no matrix`);
    }
    owner.bias = data;
  }
  const asTorch = layoutOf([...matrices.values()]);
  return [...matrices.values()].map(({ name, kind, tensor, bias }) => {
    const [rows = 0, columns = 0] = tensor.shape;
    const outFirst = asTorch ?? !/^(?:kernel|w)$/i.test(kind);
    return { name, rows, columns, matrix: tensor.data, bias, outFirst };
  });
}

/** Means, variances and gains are vectors too. */
function isOfNormalisation(name: string, kind: string): boolean {
  return MATRIX_NAME.test(kind) || /running|moving|norm|gamma|scale/i.test(name);
}

/** The last matrix whose name comes before another one. */
function before(matrices: Iterable<NamedMatrix>, name: string): NamedMatrix | undefined {
  return [...matrices].filter((own) => compareNames(own.name, name) < 0).at(-1);
}

/** Whether biases say that rows are outputs; undefined where no bias tells. */
function layoutOf(matrices: readonly NamedMatrix[]): boolean | undefined {
  const telling = matrices.find(({ tensor: { shape }, bias }) => {
    return bias !== null && shape[0] !== shape[1];
  });
  return telling && telling.bias?.length === telling.tensor.shape[0];
}

/** `layers.0.weight` → `layers.0`, weight; `dense_1/kernel:0` → `dense_1`, kernel; `W2` → `2`, W. */
function parseName(name: string): { readonly stem: string; readonly kind: string } {
  const clean = name.replace(/:\d+$/, '').replace(/\/(?:MatMul|BiasAdd|Read\w*)(?:\/.*)?$/, '');
  const parts = /^(.*?)[./_]?([A-Za-z]+)$/.exec(clean);
  if (parts?.[2] !== undefined && (MATRIX_NAME.test(parts[2]) || BIAS_NAME.test(parts[2]))) {
    return { stem: parts[1] ?? '', kind: parts[2] };
  }
  const numbered = /^([A-Za-z]+)[._]?(\d+)$/.exec(clean);
  if (numbered?.[1] !== undefined) return { stem: numbered[2] ?? '', kind: numbered[1] };
  return { stem: clean, kind: '' };
}

/** By the numbers in names as numbers; a name without the number that another has comes first. */
export function compareNames(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function chainInOrder(
  order: readonly Candidate[],
  inputs: number,
  outputs: readonly number[],
): readonly DenseLayer[] | null {
  const layers: DenseLayer[] = [];
  let width = inputs;
  for (const [index, candidate] of order.entries()) {
    const isLast = index === order.length - 1;
    const next = order[index + 1];
    const fits = ({ outputs: out }: DenseLayer): boolean =>
      isLast
        ? outputs.includes(out)
        : next !== undefined && [next.rows, next.columns].includes(out);
    const layer = oriented(candidate, width).find(fits);
    if (layer === undefined) return null;
    layers.push(layer);
    width = layer.outputs;
  }
  return layers.length === 0 ? null : layers;
}

/** The layers that a matrix can be on so many inputs, the likelier first. */
function oriented(
  { rows, columns, matrix, bias, outFirst }: Candidate,
  inputs: number,
): readonly DenseLayer[] {
  const asTorch = (): DenseLayer | null =>
    columns === inputs && (bias === null || bias.length === rows)
      ? {
          inputs,
          outputs: rows,
          weight: transposed(matrix, rows, columns),
          bias: bias ?? new Float32Array(rows),
        }
      : null;
  const asKernel = (): DenseLayer | null =>
    rows === inputs && (bias === null || bias.length === columns)
      ? { inputs, outputs: columns, weight: matrix, bias: bias ?? new Float32Array(columns) }
      : null;
  const both = outFirst ? [asTorch(), asKernel()] : [asKernel(), asTorch()];
  return both.filter((layer) => layer !== null);
}

/** Any order that uses all layers, by shapes alone. */
function search(
  candidates: readonly Candidate[],
  inputs: number,
  outputs: readonly number[],
): readonly DenseLayer[] | null {
  let steps = 0;
  const extend = (left: readonly Candidate[], width: number): readonly DenseLayer[] | null => {
    if (left.length === 0) return outputs.includes(width) ? [] : null;
    if (++steps > MOST_STEPS) return null;
    for (const candidate of left) {
      for (const layer of oriented(candidate, width)) {
        const rest = extend(
          left.filter((other) => other !== candidate),
          layer.outputs,
        );
        if (rest !== null) return [layer, ...rest];
      }
    }
    return null;
  };
  return candidates.length === 0 ? null : extend(candidates, inputs);
}

const MOST_STEPS = 10_000;

/** `[rows, columns]` → `[columns, rows]`. */
export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = matrix[row * columns + column] as number;
    }
  }
  return result;
}
