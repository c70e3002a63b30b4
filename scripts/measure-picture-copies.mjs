// Measures the perceptual hash of `relata audit` on a folder of photos: how many changed copies it finds, and how many different photos it takes for
// copies. Usage: node scripts/measure-picture-copies.mjs <folder> [photos]
import { readdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { areCopies, pictureHash, resemblesMirrored } from "../dist/audit/duplicates/picture-hash.js";

const [folder = ".", count = "200"] = process.argv.slice(2);
const names = readdirSync(folder).filter((name) => /\.(jpe?g|png|webp)$/i.test(name));
const step = Math.max(1, Math.floor(names.length / Number(count)));
const photos = names.filter((_, i) => i % step === 0).map((name) => join(folder, name));

/** A part of a photo, in shares of its sides. */
async function cut(photo, left, top, width, height) {
  const size = await sharp(photo).metadata();
  const box = {
    left: Math.round(size.width * left),
    top: Math.round(size.height * top),
    width: Math.round(size.width * width),
    height: Math.round(size.height * height),
  };
  return sharp(photo).extract(box).jpeg({ quality: 85 }).toBuffer();
}

const COPIES = {
  "JPEG quality 40": (photo) => sharp(photo).jpeg({ quality: 40 }).toBuffer(),
  "half the size": async (photo) => {
    const { width } = await sharp(photo).metadata();
    return sharp(photo)
      .resize(Math.round(width / 2))
      .jpeg({ quality: 80 })
      .toBuffer();
  },
  "5 % of both sides cut off": (photo) => cut(photo, 0.025, 0.025, 0.95, 0.95),
  "5 % cut off at one side": (photo) => cut(photo, 0, 0, 0.95, 1),
  "10 % cut off at one side": (photo) => cut(photo, 0, 0, 0.9, 1),
  "20 % of both sides cut off": (photo) => cut(photo, 0.1, 0.1, 0.8, 0.8),
  mirrored: (photo) => sharp(photo).flop().jpeg().toBuffer(),
};

async function hashOf(photo) {
  const { data, info } = await sharp(photo)
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return pictureHash({ width: info.width, height: info.height, data });
}

const hashes = [];
for (const photo of photos) hashes.push(await hashOf(photo));
const KINDS = ["cut", "close"];
let pairs = 0;
const alike = { cut: 0, close: 0, mirrored: 0 };
for (let i = 0; i < hashes.length; i++)
  for (let j = 0; j < i; j++) {
    pairs++;
    for (const kind of KINDS) if (areCopies(hashes[i], hashes[j], kind)) alike[kind]++;
    if (resemblesMirrored(hashes[i], hashes[j])) alike.mirrored++;
  }
console.log(
  `${photos.length} photos, ${pairs} pairs of different ones: ${alike.cut} taken for copies that may be cut, ${alike.close} for close ones, ${alike.mirrored} for mirror images`,
);
for (const [name, copy] of Object.entries(COPIES)) {
  const found = { cut: 0, close: 0 };
  for (const [i, photo] of photos.entries()) {
    const hash = await hashOf(await copy(photo));
    for (const kind of KINDS) if (areCopies(hash, hashes[i], kind)) found[kind]++;
  }
  console.log(`${name}: ${found.cut} of ${photos.length} found, ${found.close} as close copies`);
}
