// Writes a copy of a bundle in which every model holds the sums of its adapters and their weights, to compare with one whose models share a text encoder:
// `node scripts/merged-bundle.mjs BUNDLE COPY`. Needs the build (dist/).
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeManifest } from "../dist/base/manifest.js";
import { openWeights } from "../dist/encoders/weight-source.js";
import { writeSafetensors } from "../dist/engine/safetensors.js";
import { LATER_FILES } from "../dist/extract/verify-bundle.js";
import { copySealed } from "../dist/extractors/shared/sealed-file.js";

const SEALED = ["calibration.json", "thresholds.json", "validation-predictions.json", "training-record.json"];
const [bundle, copy] = process.argv.slice(2);
if (copy === undefined) {
  console.error("usage: node scripts/merged-bundle.mjs BUNDLE COPY");
  process.exit(2);
}
await cp(bundle, copy, { recursive: true, errorOnExist: true, force: false });
const text = await readFile(join(bundle, "bundle.json"), "utf8");
const { sharedEncoders = [], ...record } = JSON.parse(text);
for (const { folder, models } of sharedEncoders) {
  for (const model of models) {
    const weights = await openWeights(join(bundle, model));
    const sums = weights.names().map((name) => [name, weights.tensor(name)]);
    await writeSafetensors(join(copy, model, "model.safetensors"), Object.fromEntries(sums), {
      format: "pt",
    });
    for (const name of SEALED) await copySealed(join(bundle, model, name), join(copy, model));
  }
  await rm(join(copy, folder), { recursive: true });
}
await writeFile(join(copy, "bundle.json"), `${JSON.stringify(record, undefined, 2)}\n`);
await writeManifest(copy, LATER_FILES);
