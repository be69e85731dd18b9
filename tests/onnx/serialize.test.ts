import pkg from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/onnx/parse.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { thrownBy } from '../support/error-code.js';
import { runPython } from '../support/python.js';
import { runModel } from '../support/run-model.js';
import { smallModel } from './models.js';

describe('encodeModel', () => {
  it('writes what decodeModel reads', () => {
    expect(decodeModel(encodeModel(smallModel()))).toEqual(smallModel());
  });

  it('gives equal bytes for equal models', () => {
    expect(encodeModel(smallModel())).toEqual(encodeModel(smallModel()));
  });

  it('stores data raw and symbols as dim_param', () => {
    const { graph } = pkg.onnx.ModelProto.decode(encodeModel(smallModel()));
    const weight = graph?.initializer?.find(({ name }) => name === 'w');
    expect(weight?.rawData).toHaveLength(24);
    expect(weight?.floatData).toEqual([]);
    const dims = graph?.input?.[0]?.type?.tensorType?.shape?.dim ?? [];
    expect(dims.map(({ dimParam, dimValue }) => dimParam ?? Number(dimValue))).toEqual(['N', 3]);
  });

  it('reads only the part of a buffer that an initialiser views', () => {
    const whole = Float32Array.of(9, 9, 1, -2, 3, 4, -5, 6, 9);
    const model = smallModel();
    const initializers = model.initializers.map((initializer) =>
      initializer.name === 'w' ? { ...initializer, data: whole.subarray(2, 8) } : initializer,
    );
    expect(encodeModel({ ...model, initializers })).toEqual(encodeModel(model));
  });

  it('writes no model that the verifier refuses', () => {
    const error = thrownBy(() => encodeModel({ ...smallModel(), outputs: [] }));
    expect(error.code).toBe('model-invalid');
  });

  it('runs on onnxruntime', async () => {
    const x = { shape: [2, 3], data: Float32Array.of(1, 0, 0, 0, 1, 1) };
    const [result] = await runModel(smallModel(), [{ x }]);
    expect(result?.y).toEqual({ shape: [2, 2], values: [1, 0, 0, 10] });
  });

  it('passes the ONNX checker', (context) => {
    const script = [
      'import base64, sys, onnx',
      'model = onnx.load_from_string(base64.b64decode(sys.stdin.read()))',
      'onnx.checker.check_model(model, full_check=True)',
      'print(model.ir_version, {p.key: p.value for p in model.metadata_props}["note"])',
    ].join('\n');
    const input = Buffer.from(encodeModel(smallModel())).toString('base64');
    const answer = runPython(script, { packages: ['onnx'], input });
    if (answer.skipped) return context.skip(answer.reason);
    expect(answer.stdout.trim()).toBe('8 ü — ✓');
  });
});
