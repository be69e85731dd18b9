import { describe, expect, it } from 'vitest';
import { cudaAdvice } from '../../src/devices/cuda-advice.js';
import { ortError, ortReason } from '../../src/devices/ort-error.js';
import { probeProvider, providerError } from '../../src/devices/probe.js';
import { createSession, providerFailure } from '../../src/devices/session.js';
import { missingProviders } from '../support/providers.js';

describe('probeProvider', () => {
  it('finds that the CPU computes what it should', async () => {
    await probeProvider('cpu');
  });

  it('says of CUDA what is missing and what to do', async ({ skip }) => {
    if (!(await missingProviders()).includes('cuda')) skip('CUDA works on this machine');
    const fault = await providerError('cuda');
    expect(fault).toMatchObject({ code: 'provider-unavailable' });
    expect(fault?.message).toMatch(
      /^provider cuda cannot (be used|compute): [^\n]{1,400}; .*see docs\/devices\.md$/,
    );
  });
});

describe('createSession', () => {
  it('blames the model where the CPU does not take it', async () => {
    await expect(createSession(Uint8Array.of(1, 2, 3), { provider: 'cpu' })).rejects.toMatchObject({
      code: 'model-invalid',
    });
  });
});

describe('ortError', () => {
  it.each([
    'std::bad_alloc',
    'CUDA failure 2: out of memory ; GPU=0 ; hostname=host',
    'Failed to allocate memory for requested buffer of size 8589934592',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED',
    'Not enough memory left: Out of device memory',
  ])('knows that memory ran out from "%s"', (message) => {
    const error = ortError(new Error(message), {
      what: 'sampling failed',
      code: 'internal',
      memoryHint: 'take a smaller batch',
    });
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toMatch(
      /^sampling failed: not enough memory \(.*\); take a smaller batch$/,
    );
  });

  it('keeps other failures under the code given, in one line without its place', () => {
    const message =
      '/src/webgpu_context.cc:136 f()::<lambda()> status == Success was false. No adapter\n';
    expect(
      providerFailure(new Error(message), { provider: 'webgpu', what: 'failed' }),
    ).toMatchObject({
      code: 'provider-unavailable',
      message: 'provider webgpu failed: No adapter; use another device',
    });
  });
});

describe('what CUDA says where it fails', () => {
  /** As onnxruntime 1.30 words it, shortened in the middle of its signatures. */
  const thrown = (failure: string) =>
    '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void, ' +
    'onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, int) [with ERRTYPE = ' +
    `cudaError; bool THRW = true] ${failure} ; GPU=-1 ; hostname=build-7 ; ` +
    'file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider.cc ; line=352 ; ' +
    'expr=cudaSetDevice(info_.device_id);';

  const running = (said: string) =>
    `Non-zero status code returned while running ReduceMean node. Name:'mean_3' Status Message: ${said}`;

  it.each([
    [
      thrown('CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version'),
      'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version',
      'install the NVIDIA driver for CUDA 13',
    ],
    [
      thrown('CUDA failure 100: no CUDA-capable device is detected'),
      'CUDA failure 100: no CUDA-capable device is detected',
      'nvidia-smi',
    ],
    [
      running(thrown('CUDA failure 209: no kernel image is available for execution on the device')),
      "ReduceMean node 'mean_3': CUDA failure 209: no kernel image is available for execution on the device",
      'use another device',
    ],
    [
      running(
        'cuDNN is unavailable for CUDA Execution Provider: dlopen failed for libcudnn.so: ' +
          'libcudnn.so: cannot open shared object file: No such file or directory',
      ),
      "ReduceMean node 'mean_3': cuDNN is unavailable for CUDA Execution Provider: dlopen failed for " +
        'libcudnn.so: libcudnn.so: cannot open shared object file: No such file or directory',
      'install cuDNN 9',
    ],
    [
      running(
        '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_kernel.h:296 static cudnnContext* ' +
          'onnxruntime::cuda::CudaKernel::RequireCudnnHandle(cudnnHandle_t) [ONNXRuntimeError] : 9 : ' +
          'NOT_IMPLEMENTED : cuDNN is unavailable or disabled',
      ),
      "ReduceMean node 'mean_3': cuDNN is unavailable or disabled",
      'install cuDNN 9',
    ],
    [
      'libcuda.so.1: cannot open shared object file: No such file or directory',
      'libcuda.so.1: cannot open shared object file: No such file or directory',
      'install the NVIDIA driver for CUDA 13',
    ],
    [
      'libcublas.so.13: undefined symbol: cublasLtNew, version libcublasLt.so.13',
      'libcublas.so.13: undefined symbol: cublasLtNew, version libcublasLt.so.13',
      'another version',
    ],
  ])('is one line with advice: %#', (message, reason, advice) => {
    expect(ortReason(new Error(message))).toBe(reason);
    expect(cudaAdvice(reason)).toContain(advice);
    expect(cudaAdvice(reason)).toMatch(/; see docs\/devices\.md$/);
  });

  it('is never longer than a line of a terminal log should be', () => {
    expect(ortReason(new Error('x'.repeat(5_000))).length).toBe(400);
  });
});
