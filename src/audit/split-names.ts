// Says which split each file is, from its name: train, validation, test, or the name itself.
import { basename, dirname, extname } from "node:path";
import type { AuditedFile, SplitRole } from "./check.ts";

const NAMES: Readonly<Record<string, SplitRole>> = {
  train: "train",
  training: "train",
  val: "validation",
  valid: "validation",
  validation: "validation",
  dev: "validation",
  devel: "validation",
  development: "validation",
  test: "test",
  testing: "test",
  eval: "test",
};

/** The role that a file's name states: the last such word of it, as in `mnre_train.txt` or `posts-dev.v2.jsonl`. */
export function roleOfName(path: string): SplitRole {
  const words = basename(path)
    .toLowerCase()
    .split(/[^a-z]+/);
  return words.map((word) => NAMES[word]).findLast((role) => role !== undefined) ?? "other";
}

/** A file to audit; without a role it is that of its name. */
export interface FileToAudit {
  readonly path: string;
  readonly role?: SplitRole | undefined;
}

/**
 * Names the split of each file. Files of one role in several folders are several data sets: their names begin with the folder's,
 * `mnre/train`. What is still equal gets a number.
 *
 * @example
 * import { splitsOf } from "./split-names.ts";
 *
 * splitsOf([{ path: "a/train.txt" }, { path: "b/train.txt" }]).map(({ split }) => split); // ["a/train", "b/train"]
 */
export function splitsOf(files: readonly FileToAudit[]): AuditedFile[] {
  const roles = files.map(({ path, role }) => role ?? roleOfName(path));
  const short = files.map(({ path }, i) =>
    roles[i] === "other" ? basename(path, extname(path)) : (roles[i] ?? "other"),
  );
  const clash = new Set(short).size < short.length;
  const full = files.map(({ path }, i) =>
    clash ? `${basename(dirname(path)) || "."}/${short[i]}` : (short[i] ?? path),
  );
  const times = new Map<string, number>();
  return files.map(({ path }, i) => {
    const name = full[i] ?? path;
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    return { path, role: roles[i] ?? "other", split: time === 1 ? name : `${name} (${time})` };
  });
}
