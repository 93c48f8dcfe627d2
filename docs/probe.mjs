// Tells how long a network takes in ONNX Runtime, for --probe of measure and search:
//
//	espalier measure --probe "node docs/probe.mjs FOLDER" --samples 48 --out probes.csv
//
// FOLDER is where "npm install --ignore-scripts --prefix FOLDER onnxruntime-node@1.30.0" has
// put the runtime; espalier adds the path of the model. Printed are milliseconds per image:
// the fastest of many short rounds of passes of ESPALIER_BATCH images on one thread, as what
// else a machine does makes the others longer.
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [folder, model] = process.argv.slice(2);
const batch = Number(process.env.ESPALIER_BATCH ?? 1);
const ort = createRequire(join(resolve(folder), 'node_modules', '/'))('onnxruntime-node');
const session = await ort.InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: 1 });
const shape = session.inputMetadata[0].shape.slice(1);
const pixels = Float32Array.from({ length: batch * shape.reduce((a, b) => a * b) }, (_, i) => ((i * 2654435761) % 256) / 255);
const feeds = { images: new ort.Tensor('float32', pixels, [batch, ...shape]) };

async function milliseconds(passes) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < passes; i++) await session.run(feeds);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

await milliseconds(20); // the first passes are slow
const passes = Math.max(1, Math.round(10 / (await milliseconds(10))));
let fastest = Infinity;
const end = process.hrtime.bigint() + 400_000_000n;
while (process.hrtime.bigint() < end) fastest = Math.min(fastest, (await milliseconds(passes)) / passes);
console.log(fastest / batch);
