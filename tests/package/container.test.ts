import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, vi } from 'vitest';
import { PACKAGE_ROOT } from '../../src/package-info.js';
import { MAIN } from '../support/compiled.js';
import { missingProgram, needs } from '../support/needs.js';
import { TOY_FLOW, writeToyFlow } from '../support/toy-flow.js';

/** Instructions of the Dockerfile, continued lines joined. */
const INSTRUCTIONS = readFileSync(join(PACKAGE_ROOT, 'Dockerfile'), 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '');

/** The instructions of each stage that is run: those that have an entry point. */
const SERVING_STAGES = INSTRUCTIONS.join('\n')
  .split(/^(?=FROM )/m)
  .filter((stage) => stage.includes('\nENTRYPOINT '));

/** Why nobody here can take another user's place, if so. */
const NO_OTHER_USER =
  process.getuid?.() === 0 ? missingProgram('setpriv') : 'needs root, to run as another user';
/** Nobody: no name, no home, no group of the owner. */
const RANDOM_UID = '54321';

describe('the Dockerfile', () => {
  it('names every image by an exact version', () => {
    const images = INSTRUCTIONS.flatMap((line) => /^ARG \w+_IMAGE=(.*)/.exec(line)?.[1] ?? []);
    expect(images).toHaveLength(3);
    for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+-[\w.-]+(@sha256:\w{64})?$/);
    for (const line of INSTRUCTIONS.filter((text) => text.startsWith('FROM '))) {
      expect(line).toMatch(/^FROM \$\{\w+_IMAGE\}/);
    }
    for (const [, stage] of INSTRUCTIONS.join('\n').matchAll(/--from=(\S+)/g)) {
      expect(INSTRUCTIONS.some((line) => line.endsWith(` AS ${stage}`))).toBe(true);
    }
  });

  it('serves as a user by number, with a probe, in every image that is run', () => {
    expect(SERVING_STAGES).toHaveLength(2);
    for (const stage of SERVING_STAGES) {
      expect(/^USER (.*)$/m.exec(stage)?.[1]).toMatch(/^[1-9]\d*:\d+$/);
      expect(stage).toContain('\nHEALTHCHECK ');
      expect(stage).toMatch(/^ENTRYPOINT \[/m);
    }
  });

  it('leaves the port to the platform, which says it in PORT', () => {
    for (const stage of SERVING_STAGES) {
      expect(stage).not.toMatch(/^ENV .*PORT=/m);
      const probe = /^HEALTHCHECK .*$/m.exec(stage)?.[0];
      expect(probe).toContain('process.env.WEIGHTSPRING_PORT || process.env.PORT || 8080');
    }
  });

  it('copies what there is, and what .dockerignore lets through', () => {
    const allowed = readFileSync(join(PACKAGE_ROOT, '.dockerignore'), 'utf8').split('\n');
    const sources = INSTRUCTIONS.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) =>
      line.split(/\s+/).slice(1, -1),
    );
    expect(sources).toContain('models');
    for (const source of sources) {
      expect(existsSync(join(PACKAGE_ROOT, source)), source).toBe(true);
      expect(allowed).toContain(`!${source}`);
    }
  });

  it('starts a file that the build makes', () => {
    for (const stage of SERVING_STAGES) {
      const entry = /^ENTRYPOINT \["node", "([^"]+)"\]/m.exec(stage)?.[1];
      expect(join(PACKAGE_ROOT, entry!)).toBe(MAIN);
    }
    expect(existsSync(MAIN)).toBe(true);
  });
});

describe('the service as any user, who can write nowhere but in /tmp', () => {
  it('answers a request and ends in order', needs(NO_OTHER_USER), async () => {
    const toy = await writeToyFlow();
    await chmod(toy.modelsDir, 0o755);
    const as = ['--reuid', RANDOM_UID, '--regid', RANDOM_UID, '--clear-groups'];
    expect(spawnSync('setpriv', [...as, 'test', '-w', PACKAGE_ROOT]).status).toBe(1);
    const service = spawn('setpriv', [...as, process.execPath, MAIN, 'serve'], {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        WEIGHTSPRING_PORT: '0',
        WEIGHTSPRING_WORKERS: '1',
        WEIGHTSPRING_MODELS_DIR: toy.modelsDir,
      },
    });
    let log = '';
    service.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    try {
      await vi.waitFor(
        () => {
          expect(log).toMatch(/serves on/);
        },
        { timeout: 60_000, interval: 50 },
      );
      const [, url = ''] = /serves on (\S+)/.exec(log)!;
      const answer = await fetch(`${url}/v1/networks`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ flow: TOY_FLOW, architecture: { layers: [2, 8, 2] }, seed: 1 }),
      });
      expect(answer.status, log).toBe(200);
      const ended = once(service, 'exit');
      service.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      expect(log).toContain('"event":"closed"');
    } finally {
      service.kill('SIGKILL');
      await toy.remove();
    }
  });
});
