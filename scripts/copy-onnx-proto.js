/**
 * Copies the code that onnx-proto generated from ONNX's schema into dist/, where it runs on the
 * protobufjs that this package depends on.
 *
 * onnx-proto itself asks for protobufjs 6. Here an override replaces it, but npm heeds the overrides
 * of the root project only: whoever installs this package would get the old one.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../dist/onnx-proto/', import.meta.url));
const source = dirname(createRequire(import.meta.url).resolve('onnx-proto/package.json'));

mkdirSync(target, { recursive: true });
// By this name it is CommonJS, which it is, also inside of a package of modules.
copyFileSync(join(source, 'dist/onnx.js'), join(target, 'onnx.cjs'));
copyFileSync(join(source, 'LICENSE'), join(target, 'LICENSE'));
