// Tells whether a frozen encoder is still the one a model was trained with.

import { join } from "node:path";
import { sha256 } from "../base/sha256.ts";
import { fileFingerprint } from "./onnx-file.ts";
import { weightFiles } from "./weight-source.ts";

/**
 * sha256 of an encoder's weights: that of the one file, or one over the names and sums of the index and all its shards.
 *
 * @throws EncoderError the codes of `weightFiles`
 */
export async function weightsFingerprint(folder: string): Promise<string> {
  const files = await weightFiles(folder);
  const sums = await Promise.all(files.map((file) => fileFingerprint(join(folder, file))));
  if (sums.length === 1) return sums[0]!; // weightFiles gives at least one
  const lines = files.map((file, i) => `${file} ${sums[i]}\n`);
  return sha256(lines.join(""));
}
