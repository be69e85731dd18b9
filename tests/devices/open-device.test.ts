import { describe, expect, it } from 'vitest';
import {
  deviceShortfall,
  requireRequested,
  type DeviceChoice,
  type Provider,
} from '../../src/devices/device.js';
import { openDevice } from '../../src/devices/open-device.js';
import { WeightspringError } from '../../src/errors.js';
import { thrownBy } from '../support/error-code.js';
import { missingProviders } from '../support/providers.js';

/** A machine on which only `working` providers compute; notes which were tried. */
function machine(working: readonly Provider[]) {
  const tried: Provider[] = [];
  const faultOf = (provider: Provider): Promise<WeightspringError | undefined> => {
    tried.push(provider);
    const fault = new WeightspringError('provider-unavailable', `${provider} is broken`);
    return Promise.resolve(working.includes(provider) ? undefined : fault);
  };
  return { tried, open: (choice: DeviceChoice) => openDevice(choice, faultOf) };
}

describe('openDevice', () => {
  it('prefers CUDA by itself, and never tries WebGPU unasked', async () => {
    const { open, tried } = machine(['cpu', 'cuda', 'webgpu']);
    expect(await open('auto')).toEqual({ provider: 'cuda', requested: 'auto' });
    expect(tried).toEqual(['cuda']);
    expect(await open('webgpu')).toEqual({ provider: 'webgpu', requested: 'webgpu' });
    expect(await open('cpu')).toEqual({ provider: 'cpu', requested: 'cpu' });
  });

  it.each(['auto', 'cuda', 'webgpu'] as const)(
    'falls back to the CPU from %s and keeps the reason',
    async (requested) => {
      const wanted = requested === 'auto' ? 'cuda' : requested;
      expect(await machine(['cpu']).open(requested)).toEqual({
        provider: 'cpu',
        requested,
        fallbackReason: `${wanted} is broken`,
      });
    },
  );

  it('fails where not even the CPU computes', async () => {
    await expect(machine([]).open('auto')).rejects.toMatchObject({ message: 'cpu is broken' });
    await expect(machine([]).open('cpu')).rejects.toMatchObject({ message: 'cpu is broken' });
  });

  it('finds what works on this machine', async () => {
    const missing = await missingProviders();
    for (const requested of ['cpu', 'cuda', 'webgpu'] as const) {
      const device = await openDevice(requested);
      expect(device.provider).toBe(missing.includes(requested) ? 'cpu' : requested);
      expect(device.fallbackReason === undefined).toBe(!missing.includes(requested));
    }
  });
});

describe('requireRequested', () => {
  it('accepts what was asked for, and whatever auto found', () => {
    const auto = { provider: 'cpu', requested: 'auto', fallbackReason: 'no GPU' } as const;
    expect(deviceShortfall(auto)).toBeUndefined();
    requireRequested(auto);
    requireRequested({ provider: 'cuda', requested: 'cuda' });
  });

  it('says what was expected, what came and why', () => {
    const device = { provider: 'cpu', requested: 'cuda', fallbackReason: 'no driver' } as const;
    expect(
      thrownBy(() => {
        requireRequested(device);
      }),
    ).toEqual({
      code: 'provider-unavailable',
      message: 'expected device cuda, got cpu: no driver',
      field: '--device',
    });
  });
});
