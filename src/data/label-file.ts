// Reads a label set from its file, `rel2id.json`.
import { DataError } from "../base/errors.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { quote } from "./defects.ts";
import { binaryKind, HEAD_BYTES, otherKind } from "./file-kind.ts";
import { jsonFault } from "./json-scan.ts";
import { badLabelSet, type LabelSet, labelSetFromRel2id } from "./labels.ts";
import { cannotRead, cannotReadFile } from "./lines.ts";

const MAX_LABEL_FILE_BYTES = 16 * 1024 * 1024; // WebNLG's 216 relations take 7 kB

/** Reads a `rel2id.json`. @throws DataError `data/cannot-read`, `data/not-json`, `data/duplicate-key`, `data/bad-label-set`. */
export async function readLabelSet(path: string): Promise<LabelSet> {
  const failure = cannotReadFile(path);
  const bytes = await readRegularFile(path, MAX_LABEL_FILE_BYTES, (fault) =>
    fault.kind === "too-large" ? badLabelSet(fault.problem, path, path) : failure(fault),
  );
  const kind = binaryKind(bytes.subarray(0, HEAD_BYTES));
  if (kind) throw otherKind(path, kind);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw cannotRead(path, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError({
      code: "data/not-json",
      message: `${path} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      place: path,
      remedy: 'Write one JSON object, {"None": 0, "/per/per/peer": 1, ...}.',
      cause,
    });
  }
  const fault = jsonFault(text);
  if (fault?.kind === "duplicate-key") {
    throw new DataError({
      code: "data/duplicate-key",
      message: `${path} contains the label ${quote(fault.key)} twice`,
      place: path,
      value: fault.key,
      remedy: "Keep one of the two.",
    });
  }
  return labelSetFromRel2id(value, path);
}
