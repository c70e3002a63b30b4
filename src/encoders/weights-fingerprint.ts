// Fingerprints weights, to detect that a frozen encoder has changed since training.

import { join } from "node:path";
import { sha256 } from "../base/sha256.ts";
import { fileFingerprint } from "./onnx-file.ts";
import { weightFiles } from "./weight-source.ts";

/**
 * sha256 of an encoder's weights: of the single file, or over the names and hashes of the index and all its
 * shards.
 *
 * @throws EncoderError the codes of `weightFiles`
 */
export async function weightsFingerprint(folder: string): Promise<string> {
  const files = await weightFiles(folder);
  const sums = await Promise.all(files.map((file) => fileFingerprint(join(folder, file))));
  if (sums.length === 1) return sums[0]!; // weightFiles returns at least one
  const lines = files.map((file, i) => `${file} ${sums[i]}\n`);
  return sha256(lines.join(""));
}
