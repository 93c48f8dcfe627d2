// Reads a weights file with implementations of msgpack and XXH3 that are not espalier's, checks
// all that docs/checkpoint.md says of it, and writes its content anew, with keys in another
// order. Usage: node msgpack.mjs MODULES FROM TO; MODULES holds node_modules.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [modules, from, to] = process.argv.slice(2);
const load = createRequire(join(resolve(modules), "node_modules", "x.js"));
const { decode, encode } = load("@msgpack/msgpack");
const { xxhash3 } = load("hash-wasm");

const fail = (what) => { throw new Error(`${from}: ${what}`); };
const sum = async (bytes) => BigInt("0x" + (await xxhash3(bytes)));
const align = (n) => Math.ceil(n / 64) * 64;

const file = readFileSync(from);
if (file.toString("latin1", 0, 8) !== "ESPALIER" || file.readUInt32LE(8) !== 1) fail("not an espalier file of schema 1");
const length = file.readUInt32LE(12);
const packed = file.subarray(24, 24 + length);
if ((await sum(packed)) !== file.readBigUInt64LE(16)) fail("checksum of the header");
const header = decode(packed, { useBigInt64: true });
const number = (v) => Number(v);

let at = 24 + length;
const payloads = [];
for (const t of header.tensors) {
  const offset = number(t.offset), bytes = number(t.bytes);
  if (offset !== align(at)) fail(`${t.name}: offset ${offset}; want ${align(at)}`);
  if (file.subarray(at, offset).some((b) => b !== 0)) fail(`${t.name}: the gap before it`);
  const values = file.subarray(offset, offset + bytes);
  if (values.length !== bytes || bytes !== 4 * t.shape.reduce((n, d) => n * number(d), 1)) fail(`${t.name}: length`);
  if ((await sum(values)) !== BigInt(t.xxh3)) fail(`${t.name}: checksum`);
  payloads.push(values);
  at = offset + bytes;
}
if (at !== file.length) fail("its end");

// Offsets as BigInt take 9 bytes whatever they are, so the length is known before them.
const head = (offsets) => encode({
  tensors: header.tensors.map((t, i) => ({
    xxh3: BigInt(t.xxh3), shape: t.shape.map(number), bytes: number(t.bytes), name: t.name, offset: BigInt(offsets[i]),
  })),
  meta: header.meta, kind: header.kind, schema: number(header.schema),
}, { useBigInt64: true });
at = 24 + head(payloads.map(() => 0)).length;
const offsets = payloads.map((p) => {
  const offset = align(at);
  at = offset + p.length;
  return offset;
});
const again = head(offsets);
const out = Buffer.alloc(payloads.length > 0 ? at : 24 + again.length);
out.write("ESPALIER", "latin1");
out.writeUInt32LE(1, 8);
out.writeUInt32LE(again.length, 12);
out.writeBigUInt64LE(await sum(again), 16);
out.set(again, 24);
payloads.forEach((p, i) => out.set(p, offsets[i]));
writeFileSync(to, out);
console.log(`${from}: ${header.kind}, ${payloads.length} tensors read and written to ${to}`);
