// `audit`: finds leaks, duplicates and wrong labels in data files.

import type { IgnoreEntry } from "../audit/ignore-list.ts";
import type { AuditResult } from "../audit/run-audit.ts";
import type { SideSource } from "../audit/side-assignment.ts";
import type { FileToAudit } from "../audit/split-names.ts";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import type { ReadFileOptions } from "../data/readers.ts";

/** What to audit, and with what. */
export interface AuditRequest {
  /** Paths, whose names say which split they are, or paths with their `role`. */
  readonly files: readonly (string | FileToAudit)[];
  /** How to read the files; by default their format is guessed. */
  readonly reading?: ReadFileOptions | undefined;
  /** What a loader could use beside the documents; several files of one name for several splits. */
  readonly sides?: readonly SideSource[] | undefined;
  /** Folder to which picture names are relative. */
  readonly pictures?: string | undefined;
  /** What `evaluate` wrote as predictions: adds scores on seen and unseen mentions. */
  readonly predictions?: string | undefined;
  /** Accepted findings, or the path of a file with them. */
  readonly ignore?: string | readonly IgnoreEntry[] | undefined;
  /** Names of checks to run; default: all but those that run only on request. */
  readonly checks?: readonly string[] | undefined;
  /** Names of checks not to run. */
  readonly skip?: readonly string[] | undefined;
  /** Of random choices; default 0. */
  readonly seed?: number | undefined;
  /** Permutations of labels on which false alarms are counted; default 0. */
  readonly permutations?: number | undefined;
  /** Stops reading and checking; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called while reading and checking; a total of 0 is unknown. */
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

const REQUEST: RequestShape<AuditRequest> = {
  files: FIELD.list,
  reading: FIELD.fields.optional(),
  sides: FIELD.list.optional(),
  pictures: FIELD.text.optional(),
  predictions: FIELD.text.optional(),
  ignore: FIELD.any.optional(),
  checks: FIELD.list.optional(),
  skip: FIELD.list.optional(),
  seed: FIELD.amount.optional(),
  permutations: FIELD.amount.optional(),
  signal: FIELD.signal.optional(),
  onProgress: FIELD.callback.optional(),
};

/**
 * Audits data files. Findings come worst first; each has a code, a severity, one sentence with one number, its rows and a remedy.
 *
 * @throws ConfigError `config/bad-request`, `audit/unknown-check`, `audit/unknown-split`, `audit/side-without-split`,
 * `audit/bad-ignore-list`; DataError `audit/bad-side-file`, `audit/side-matches-nothing`, and the codes of `readDocuments`
 * @example
 * import { audit } from "relata";
 *
 * const { findings } = await audit({ files: ["train.jsonl", "test.jsonl"], pictures: "pictures" });
 * for (const { severity, code, sentence } of findings) console.log(severity, code, sentence);
 */
export async function audit(request: AuditRequest): Promise<AuditResult> {
  requireRequest(REQUEST, request, "the request to audit");
  const { files, reading, ignore, ...plan } = request;
  const { readIgnoreList, requireIgnoreList } = await import("../audit/ignore-list.ts");
  const { runAudit } = await import("../audit/run-audit.ts");
  return runAudit({
    ...plan,
    files: files.map((file) => ({ ...(typeof file === "string" ? { path: file } : file), reading })),
    ignore:
      typeof ignore === "string"
        ? await readIgnoreList(ignore)
        : ignore === undefined
          ? []
          : requireIgnoreList(ignore, "ignore"),
  });
}
