// SPDX-License-Identifier: Apache-2.0
// Runs a model file with ONNX Runtime, without graph optimization, so that every node computes what it says.
//   QMN_ONNXRUNTIME=FOLDER node run_onnx.mjs MODEL INPUT OUTPUT EXTENT...
// FOLDER holds node_modules. INPUT holds little-endian float32 features, clip by clip; the extents are those of one clip, such as
// 1 49 10. OUTPUT gets the model's output likewise.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const folder = process.env.QMN_ONNXRUNTIME;
const [modelPath, inputPath, outputPath, ...rest] = process.argv.slice(2);
const extents = rest.map(Number);
if (!folder || extents.length === 0 || !extents.every((extent) => Number.isInteger(extent) && extent > 0)) {
  console.error('usage: QMN_ONNXRUNTIME=FOLDER node run_onnx.mjs MODEL INPUT OUTPUT EXTENT...');
  process.exit(2);
}
const ort = createRequire(join(resolve(folder), 'package.json'))('onnxruntime-node');

const bytes = readFileSync(inputPath);
const floats = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const clipCount = floats.length / extents.reduce((product, extent) => product * extent, 1);
if (!Number.isInteger(clipCount)) {
  console.error(`${inputPath}: ${floats.length} floats are no whole number of clips of ${extents.join('x')}`);
  process.exit(1);
}
const session = await ort.InferenceSession.create(modelPath, { graphOptimizationLevel: 'disabled', intraOpNumThreads: 1 });
// Clip by clip: the initial states of a Scan are those of one.
const clipSize = floats.length / clipCount, answers = [];
for (let clip = 0; clip < clipCount; ++clip) {
  const input = new ort.Tensor('float32', floats.slice(clip * clipSize, (clip + 1) * clipSize), [1, ...extents]);
  const output = (await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]].data;
  answers.push(Buffer.from(output.buffer.slice(output.byteOffset, output.byteOffset + output.byteLength)));
}
writeFileSync(outputPath, Buffer.concat(answers));
