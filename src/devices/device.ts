import { WeightspringError } from '../errors.js';

/** Execution providers of onnxruntime. */
export const PROVIDERS = ['cpu', 'cuda', 'webgpu'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** What a user may ask for: `auto` is CUDA if it works, else the CPU. */
export const DEVICE_CHOICES = ['auto', ...PROVIDERS] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

/** The provider in use, which a probe has shown to compute correctly. */
export interface Device {
  readonly provider: Provider;
  readonly requested: DeviceChoice;
  /** Why it is not the requested one; absent if it is. */
  readonly fallbackReason?: string;
}

/** Why a device is not the requested one; `undefined` if it is. */
export function deviceShortfall({
  requested,
  provider,
  fallbackReason,
}: Device): string | undefined {
  if (requested === 'auto' || requested === provider) return undefined;
  return `expected device ${requested}, got ${provider}: ${fallbackReason ?? 'no reason is known'}`;
}

/** @throws WeightspringError `provider-unavailable` if {@link deviceShortfall} has a reason */
export function requireRequested(device: Device): void {
  const shortfall = deviceShortfall(device);
  if (shortfall === undefined) return;
  throw new WeightspringError('provider-unavailable', shortfall, { field: '--device' });
}
