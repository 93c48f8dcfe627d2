// Runs models in ONNX Runtime: node ort.mjs FOLDER, where FOLDER/cases.json
// lists {"model", "input", "output", "dims"}: file names in FOLDER and the shape
// of the input. Input and output files hold little-endian float32 numbers.
// ESPALIER_ORT names the folder whose node_modules holds onnxruntime-node.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const ort = createRequire(join(resolve(process.env.ESPALIER_ORT), 'node_modules', '/'))('onnxruntime-node');
const folder = process.argv[2];

for (const c of JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))) {
  const file = readFileSync(join(folder, c.input));
  const numbers = new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
  const session = await ort.InferenceSession.create(join(folder, c.model), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    graphOptimizationLevel: c.optimized ? 'all' : 'disabled',
  });
  const { logits } = await session.run({ images: new ort.Tensor('float32', numbers, c.dims) });
  writeFileSync(join(folder, c.output), Buffer.from(logits.data.buffer, logits.data.byteOffset, logits.data.byteLength));
  await session.release();
}
console.log(`onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}`);
