// A stand-in for the sampler's process: speaks the pool's protocol, and misbehaves on request.
// The flow's name says how: `echo`, `slow` (until cancelled), `crash`, `crash-once`, `freeze`,
// `freeze-once`, `garbage`, `noise`, `detach`, `hang`, `print`, `fail`; with `-13` behind it does so for seed
// 13 only. Files in the models folder say what it finds: `broken`, `broken-once`, `mute`, `gpu`,
// `version`.
import { Buffer } from 'node:buffer';
import { existsSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { clearInterval, setInterval, setTimeout } from 'node:timers';
import { deserialize, serialize } from 'node:v8';
import { Worker } from 'node:worker_threads';

// Beats as the real one does, from a thread of its own.
new Worker(
  `const beat = () => { try { require('node:fs').writeSync(4, '.'); } catch {} };
  beat();
  setInterval(beat, ${process.argv[2]});`,
  { eval: true },
).unref();

// Messages as the real one exchanges them: each with its length before it.
const socket = new Socket({ fd: 3, readable: true, writable: true });
let received = Buffer.alloc(0);
socket.on('data', (chunk) => {
  received = Buffer.concat([received, chunk]);
  while (received.length >= 8 && received.length >= 8 + received.readUInt32LE(4)) {
    const end = 8 + received.readUInt32LE(4);
    const message = deserialize(received.subarray(8, end));
    received = received.subarray(end);
    receive(message);
  }
});

function send(message) {
  if (!socket.writable) return;
  const body = serialize(message);
  const header = Buffer.from('wsm\u0001\0\0\0\0', 'latin1');
  header.writeUInt32LE(body.byteLength, 4);
  socket.write(Buffer.concat([header, body]));
}

let modelsDir = '';
let opened = {};
const cancelled = new Set();
let batches = 0;

/** What is done at the first job only, whichever process gets it. */
function once(name, act) {
  return (message) => {
    const marker = path.join(modelsDir, name);
    if (existsSync(marker)) return answers.echo(message);
    writeFileSync(marker, '');
    act();
  };
}

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
    send({ type: 'result', id, result });
  },
  slow: (message) => {
    const { id, job } = message;
    const started = Date.now();
    const timer = setInterval(() => {
      if (cancelled.has(id)) {
        clearInterval(timer);
        send({ type: 'job-failed', id, error: { code: 'cancelled', message: 'stopped' } });
      } else if (Date.now() - started > job.steps) {
        clearInterval(timer);
        answers.echo(message);
      }
    }, 5);
  },
  crash: () => process.exit(3),
  'crash-once': once('crashed', () => process.kill(process.pid, 'SIGKILL')),
  freeze: () => process.kill(process.pid, 'SIGSTOP'),
  'freeze-once': once('frozen', () => process.kill(process.pid, 'SIGSTOP')),
  // A message of the wrong kind, bytes that are no message, and a channel that is closed.
  garbage: once('garbage', () => send(null)),
  noise: once('noise', () => writeSync(3, Buffer.alloc(4096, 0xff))),
  detach: once('detached', () => {
    socket.removeAllListeners('close');
    setInterval(() => undefined, 1_000);
    socket.end();
  }),
  hang: () => {
    for (;;);
  },
  print: (message) => {
    process.stdout.write('on stdout\n');
    process.stderr.write('on stderr\n', () => answers.echo(message));
  },
  fail: ({ id }) => {
    const error = { code: 'invalid-argument', message: 'no such thing', field: 'steps' };
    send({ type: 'job-failed', id, error });
  },
};

for (const name of ['crash', 'hang', 'fail', 'slow']) {
  answers[`${name}-13`] = (message) => answers[message.job.seed === 13 ? name : 'echo'](message);
}

socket.on('close', () => process.exit());

/** Whether this process is the first to find the models broken; those after it take their time. */
function isFirstToFindBroken() {
  try {
    renameSync(path.join(modelsDir, 'broken-once'), path.join(modelsDir, 'mended'));
    return true;
  } catch {
    return false;
  }
}

function receive(message) {
  if (message.type === 'open') {
    opened = message.options;
    modelsDir = message.options.modelsDir;
    const versionFile = path.join(modelsDir, 'version');
    const configSha256 = existsSync(versionFile) ? readFileSync(versionFile, 'utf8') : 'first';
    if (existsSync(path.join(modelsDir, 'mute'))) {
      return;
    } else if (existsSync(path.join(modelsDir, 'broken')) || isFirstToFindBroken()) {
      const error = { code: 'model-invalid', message: 'flow.onnx is broken' };
      send({ type: 'open-failed', error });
    } else {
      const { device: requested } = message.options;
      // What is asked for is there as long as a file says so.
      const device = existsSync(path.join(modelsDir, 'gpu'))
        ? { provider: requested, requested }
        : { provider: 'cpu', requested, fallbackReason: 'no GPU' };
      const ready = {
        type: 'ready',
        flows: Object.keys(answers).map((name) => ({
          name,
          configSha256,
          operations: { '30-h1-2': 1 },
        })),
        refused: [],
        device,
      };
      setTimeout(send, existsSync(path.join(modelsDir, 'mended')) ? 500 : 0, ready);
    }
  } else if (message.type === 'sample') {
    batches += 1;
    for (const one of message.batch) {
      cancelled.delete(one.id);
      answers[one.job.flow](one);
    }
  } else if (message.type === 'cancel') cancelled.add(message.id);
  else if (message.type === 'close') socket.end();
}
