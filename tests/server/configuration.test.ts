import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfiguration, SETTINGS, type WrittenSettings } from '../../server/configuration.js';
import { DEFAULT_MODELS_DIR } from '../../src/package-info.js';

describe('configuration', () => {
  it('has safe defaults', () => {
    expect(readConfiguration({}, {})).toMatchObject({ host: '127.0.0.1', port: 8080 });
  });

  it('takes a flag before its variable before the default', () => {
    const environment = { WEIGHTSPRING_PORT: '9000', WEIGHTSPRING_QUEUE_LIMIT: '8' };
    expect(readConfiguration({ port: '9001' }, environment)).toMatchObject({
      port: 9001,
      queueLimit: 8,
    });
  });

  it('treats an empty variable as unset', () => {
    expect(readConfiguration({}, { WEIGHTSPRING_PORT: '' }).port).toBe(8080);
  });

  it('takes the port of a platform after its own variable', () => {
    expect(readConfiguration({}, { PORT: '9002' }).port).toBe(9002);
    expect(readConfiguration({}, { PORT: '9002', WEIGHTSPRING_PORT: '9003' }).port).toBe(9003);
    expect(readConfiguration({}, { PORT: '9002', WEIGHTSPRING_PORT: '' }).port).toBe(9002);
    expect(readConfiguration({ port: '9004' }, { PORT: '9002' }).port).toBe(9004);
    expect(() => readConfiguration({}, { PORT: 'http' })).toThrow(/^PORT: .*got "http"$/);
    expect(SETTINGS.filter(({ platformVariable }) => platformVariable).length).toBe(1);
  });

  it.each([
    ['[::]', '::'],
    ['[::1]', '::1'],
    ['::', '::'],
    ['localhost', 'localhost'],
  ])('takes %s as a host', (written, host) => {
    expect(readConfiguration({ host: written }, {}).host).toBe(host);
    expect(readConfiguration({}, { WEIGHTSPRING_HOST: written }).host).toBe(host);
  });

  it('keeps connections for longer than load balancers, and lets a client have 64 requests', () => {
    const { keepAliveMs, clientLimit } = readConfiguration({}, {});
    expect(keepAliveMs).toBeGreaterThan(60_000);
    expect(clientLimit).toBeGreaterThanOrEqual(64);
  });

  it.each(['', '80.5', '-1', '65536', 'http', '0x50', '1e3'])('refuses --port %j', (port) => {
    expect(() => readConfiguration({ port }, {})).toThrow(
      expect.objectContaining({ code: 'invalid-argument', field: '--port' }) as Error,
    );
  });

  it('names the variable at fault', () => {
    expect(() => readConfiguration({}, { WEIGHTSPRING_WORKERS: '0' })).toThrow(
      /^WEIGHTSPRING_WORKERS: .*got "0"$/,
    );
  });

  it('takes a device by name, and switches by themselves', () => {
    expect(readConfiguration({}, {})).toMatchObject({ device: 'auto', requireDevice: false });
    const environment = { WEIGHTSPRING_DEVICE: 'cuda', WEIGHTSPRING_REQUIRE_DEVICE: '1' };
    expect(readConfiguration({}, environment)).toMatchObject({
      device: 'cuda',
      requireDevice: true,
    });
    expect(() => readConfiguration({ device: 'tpu' }, {})).toThrow(/^--device: .*got "tpu"$/);
    expect(() => readConfiguration({ requireDevice: 'yes' }, {})).toThrow(/^--require-device: /);
  });

  it('takes several folders of flows: by a flag each, or as a list like PATH', () => {
    const modelsDir = (flags: WrittenSettings, variable = ''): readonly string[] =>
      readConfiguration(flags, { WEIGHTSPRING_MODELS_DIR: variable }).modelsDir;
    expect(modelsDir({})).toEqual([DEFAULT_MODELS_DIR]);
    expect(modelsDir({}, 'a')).toEqual(['a']);
    expect(modelsDir({}, ['a', 'b c'].join(delimiter))).toEqual(['a', 'b c']);
    expect(modelsDir({ modelsDir: ['a:b', 'c'] }, 'd')).toEqual(['a:b', 'c']);
    expect(modelsDir({ modelsDir: 'a:b' })).toEqual(['a:b']);
    expect(() => modelsDir({}, `a${delimiter}`)).toThrow(
      /^WEIGHTSPRING_MODELS_DIR: expected folders, got an empty name$/,
    );
    expect(() => modelsDir({ modelsDir: ['a', ''] })).toThrow(/^--models-dir: expected folders/);
  });

  it('refuses to require a device that it leaves open', () => {
    expect(() => readConfiguration({ requireDevice: 'true' }, {})).toThrow(
      expect.objectContaining({ code: 'invalid-argument', field: '--require-device' }) as Error,
    );
  });

  it('names each setting once as a flag and once as a variable', () => {
    const models = SETTINGS.find(({ name }) => name === 'modelsDir');
    expect(models).toMatchObject({ flag: '--models-dir', variable: 'WEIGHTSPRING_MODELS_DIR' });
    expect(new Set(SETTINGS.map(({ flag }) => flag)).size).toBe(SETTINGS.length);
  });
});
