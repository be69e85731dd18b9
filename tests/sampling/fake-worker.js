// A stand-in for the sampler's process: speaks the pool's protocol, and misbehaves on request.
// The flow's name says how: `echo`, `slow` (until cancelled), `crash`, `crash-once`, `hang`, `fail`;
// with `-13` behind it does so for seed 13 only.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';

let modelsDir = '';
let opened = {};
const cancelled = new Set();
let batches = 0;

const answers = {
  echo: ({ id, job, packaging }) => {
    const bytes = Uint8Array.from([job.seed, job.count]);
    const network = {
      index: 0,
      bytes,
      sha256: 'fake',
      metadata: {
        pid: String(process.pid),
        batch: String(batches),
        opened: JSON.stringify(opened),
      },
    };
    const result = packaging === 'archive' ? { bytes, sha256: 'fake-zip' } : [network];
    process.send({ type: 'result', id, result });
  },
  slow: (message) => {
    const { id, job } = message;
    const started = Date.now();
    const timer = setInterval(() => {
      if (cancelled.has(id)) {
        clearInterval(timer);
        process.send({ type: 'job-failed', id, error: { code: 'cancelled', message: 'stopped' } });
      } else if (Date.now() - started > job.steps) {
        clearInterval(timer);
        answers.echo(message);
      }
    }, 5);
  },
  crash: () => process.exit(3),
  'crash-once': (message) => {
    const marker = path.join(modelsDir, 'crashed');
    if (existsSync(marker)) return answers.echo(message);
    writeFileSync(marker, '');
    process.kill(process.pid, 'SIGKILL');
  },
  hang: () => {
    for (;;);
  },
  fail: ({ id }) => {
    const error = { code: 'invalid-argument', message: 'no such thing', field: 'steps' };
    process.send({ type: 'job-failed', id, error });
  },
};

for (const name of ['crash', 'hang', 'fail', 'slow']) {
  answers[`${name}-13`] = (message) => answers[message.job.seed === 13 ? name : 'echo'](message);
}

process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  if (message.type === 'open') {
    opened = message.options;
    modelsDir = message.options.modelsDir;
    if (existsSync(path.join(modelsDir, 'broken'))) {
      const error = { code: 'model-invalid', message: 'flow.onnx is broken' };
      process.send({ type: 'open-failed', error });
    } else {
      const { device: requested } = message.options;
      // What is asked for is there as long as a file says so.
      const device = existsSync(path.join(modelsDir, 'gpu'))
        ? { provider: requested, requested }
        : { provider: 'cpu', requested, fallbackReason: 'no GPU' };
      process.send({
        type: 'ready',
        flows: Object.keys(answers).map((name) => ({ name, operations: { 1: 1 } })),
        device,
      });
    }
  } else if (message.type === 'sample') {
    batches += 1;
    for (const one of message.batch) {
      cancelled.delete(one.id);
      answers[one.job.flow](one);
    }
  } else if (message.type === 'cancel') cancelled.add(message.id);
  else if (message.type === 'close') process.disconnect();
});
