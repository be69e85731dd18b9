import { describe, expect, it } from 'vitest';
import { ortError } from '../../src/devices/ort-error.js';
import { probeProvider, providerFault } from '../../src/devices/probe.js';
import { createSession, providerFailure } from '../../src/devices/session.js';
import { missingProviders } from '../support/providers.js';

describe('probeProvider', () => {
  it('finds that the CPU computes what it should', async () => {
    await probeProvider('cpu');
  });

  it('says of CUDA what is missing and what to do', async ({ skip }) => {
    if (!(await missingProviders()).includes('cuda')) skip('CUDA works on this machine');
    const fault = await providerFault('cuda');
    expect(fault).toMatchObject({ code: 'provider-unavailable' });
    expect(fault?.message).toMatch(
      /^provider cuda cannot be used: .*(docs\/devices\.md|another device)/,
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
      toSaveMemory: 'take a smaller batch',
    });
    expect(error.code).toBe('out-of-memory');
    expect(error.message).toMatch(
      /^sampling failed: not enough memory \(.*\); take a smaller batch$/,
    );
  });

  it('keeps other failures under the code given, in one line without its place', () => {
    const message =
      '/src/webgpu_context.cc:136 f()::<lambda()> status == Success was false. No adapter\n';
    expect(providerFailure(new Error(message), 'it failed')).toMatchObject({
      code: 'provider-unavailable',
      message: 'it failed: No adapter',
    });
  });
});
