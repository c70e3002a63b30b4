// Which side file belongs to which data file: by a split that is named, by the split in the file's name, or by order.
import { ConfigError } from "../base/errors.ts";
import type { AuditedFile } from "./check.ts";
import { SideFile } from "./side-files.ts";
import { roleOfName } from "./split-names.ts";

/** A side file as the user names it: several may have one name, one for each split. */
export interface SideSource {
  readonly name: string;
  readonly path: string;
  /** Name or role of the split that it is about. */
  readonly split?: string | undefined;
}

/** For each data file, in order: its side files by name. The first with an entry for a document counts. */
export type SideAssignment = readonly ReadonlyMap<string, readonly SideFile[]>[];

/**
 * Opens side files and assigns them.
 *
 * @throws ConfigError `audit/unknown-split`, `audit/side-without-split`; DataError `audit/bad-side-file`, `data/cannot-read`
 */
export async function assignSides(
  sources: readonly SideSource[],
  files: readonly AuditedFile[],
): Promise<SideAssignment> {
  const assigned = files.map(() => new Map<string, SideFile[]>());
  for (const name of new Set(sources.map((source) => source.name))) {
    const own = sources.filter((source) => source.name === name);
    for (const [at, source] of own.entries()) {
      const file = await SideFile.open(source.path);
      for (const i of targetsOf(source, file, at, own.length, files)) {
        const map = assigned[i];
        map?.set(name, [...(map.get(name) ?? []), file]);
      }
    }
  }
  return assigned;
}

/** Indices of the data files that a side file is about. */
function targetsOf(
  { name, path, split }: SideSource,
  file: SideFile,
  at: number,
  siblings: number,
  files: readonly AuditedFile[],
): number[] {
  const where = (matches: (one: AuditedFile) => boolean) =>
    files.flatMap((one, i) => (matches(one) ? [i] : []));
  if (split !== undefined) {
    const named = where((one) => one.split === split);
    const found = named.length > 0 ? named : where((one) => one.role === split);
    if (found.length > 0) return found;
    throw new ConfigError({
      code: "audit/unknown-split",
      message: `--side ${name}:${split}=${path}: there is no split ${JSON.stringify(split)}`,
      place: `--side ${name}`,
      value: split,
      remedy: `Name one of: ${files.map((one) => one.split).join(", ")}.`,
    });
  }
  if (siblings === 1 && (files.length === 1 || file.key !== "row")) return where(() => true);
  const role = roleOfName(path);
  const found = role === "other" ? [] : where((one) => one.role === role);
  if (found.length === 1) return found;
  if (siblings === files.length) return [at];
  if (file.key !== "row") return where(() => true);
  throw new ConfigError({
    code: "audit/side-without-split",
    message: `--side ${name}=${path}: it has entries by row number, and it is not clear which of ${files.length} data files they are about`,
    place: `--side ${name}`,
    value: path,
    remedy: `Name the split: --side ${name}:${files[0]?.split}=${path}. The splits are ${files.map((one) => one.split).join(", ")}.`,
  });
}
