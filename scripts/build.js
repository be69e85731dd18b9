/** `npm run build`: compiles into dist/, and leaves there nothing that has no source any more. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { DIST, filesBelow, ROOT, SOURCE_FOLDERS, sourcesDigest, STAMP } from './sources.js';

const require = createRequire(import.meta.url);

// Before the compiler reads them: what is edited meanwhile makes the next build.
const digest = sourcesDigest();
rmSync(STAMP, { force: true });
compile();
removeLeftovers();
copyOnnxProto();
writeFileSync(STAMP, `${digest}\n`);

function compile() {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

function removeLeftovers() {
  for (const folder of SOURCE_FOLDERS) {
    for (const file of filesBelow(join(DIST, folder))) {
      const source = join(ROOT, file.slice(DIST.length)).replace(/\.(d\.ts|js|js\.map)$/, '.ts');
      if (!existsSync(source)) rmSync(file);
    }
  }
}

/**
 * Copies the code that onnx-proto generated from ONNX's schema, to run on the protobufjs that this
 * package depends on. onnx-proto itself asks for protobufjs 6: an override replaces it here, but npm
 * heeds those of the root project only, and whoever installs this package would get the old one.
 */
function copyOnnxProto() {
  const source = dirname(require.resolve('onnx-proto/package.json'));
  const target = join(DIST, 'onnx-proto');
  mkdirSync(target, { recursive: true });
  // By this name it is CommonJS, which it is, also inside of a package of modules.
  copyFileSync(join(source, 'dist/onnx.js'), join(target, 'onnx.cjs'));
  copyFileSync(join(source, 'LICENSE'), join(target, 'LICENSE'));
}
