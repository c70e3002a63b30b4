// Draws a picture for a text with the autoencoder that train.mjs trained, for relata's generator `command`:
//
//   "textToImage": { "adapter": "command", "command": ["node", "generate.mjs", "<model folder>"], "model": "vae 1" }
//
// It gets the text and a seed on its standard input, and needs nothing but Node.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { crc32, deflateSync } from "node:zlib";
import { LATENT, SIDE, wordsOf } from "./shape.mjs";

const SCALE = 3; // a pixel of the model is 3 x 3 pixels of the file

const [folder] = process.argv.slice(2);
const { prompt, seed, folder: own } = JSON.parse(await readText(process.stdin));
const { words, layers } = JSON.parse(readFileSync(join(folder, "decoder.json"), "utf8"));
const weights = readWeights(join(folder, "decoder.bin"), layers);

const said = new Set(wordsOf(prompt));
const known = words.filter((word) => said.has(word));
const condition = layer(
  "condition",
  words.map((word) => Number(said.has(word))),
).map(Math.tanh);
const inner = layer("inner", [...normals(seed, LATENT), ...condition]).map((value) => Math.max(0, value));
const pixels = layer("pixels", inner).map((value) => 255 / (1 + Math.exp(-value)));
writeFileSync(join(own, "picture.png"), png(pixels));
console.log(JSON.stringify({ file: "picture.png", details: { knownWords: known.length } }));

function readWeights(path, shapes) {
  const { buffer, byteOffset } = readFileSync(path);
  let at = byteOffset;
  return new Map(
    shapes.map(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = new Float32Array(buffer.slice(at, at + 4 * size));
      at += 4 * size;
      return [name, data];
    }),
  );
}

/** A linear layer: weights are [outputs, inputs]. */
function layer(name, values) {
  const weight = weights.get(`${name}.weight`);
  return Array.from(weights.get(`${name}.bias`), (bias, row) => {
    let sum = bias;
    for (let i = 0; i < values.length; i++) sum += weight[row * values.length + i] * values[i];
    return sum;
  });
}

/** Standard normal numbers of a seed: Box and Muller's method on a mixed counter. */
function normals(seed, count) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  });
}

/** The pixels as a PNG, each SCALE times as wide and high. */
function png(levels) {
  const side = SIDE * SCALE;
  const rows = Buffer.alloc(side * (1 + 3 * side)); // each row begins with its filter, 0
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let channel = 0; channel < 3; channel++) {
        const pixel = Math.floor(y / SCALE) * SIDE + Math.floor(x / SCALE);
        rows[y * (1 + 3 * side) + 1 + 3 * x + channel] = Math.round(levels[3 * pixel + channel]);
      }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8); // eight bits, red green blue
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, sum]);
}
