// What of a configuration may change when a run is resumed. Everything that is not named here must be as it was at the start, fields that
// the schema gains later included; a path may change where the same content lies at the new one.
import type { Config } from "./schema.ts";

interface FreeSetting {
  readonly field: string;
  /** Why the run is the same without it. */
  readonly why: string;
  /** Where it is free; everywhere when absent. */
  readonly where?: (config: Config) => boolean;
}

/** The settings that may change, each with the reason; the run's record takes the new value. */
export const MAY_CHANGE: readonly FreeSetting[] = [
  { field: "$schema", why: "is only read by editors" },
  { field: "cache", why: "only caches results that would otherwise be computed again" },
  { field: "training.threads", why: "changes the last bits of sums; reported as a change of machine" },
  { field: "training.library", why: "is another onnxruntime; reported as a change of version" },
  {
    field: "visual.features",
    why: "is only a cache when pictures are encoded",
    where: ({ visual }) => visual.kind === "pictures",
  },
];

/** Fields that hold the path of a file or folder; relative ones are resolved from the configuration's place. */
export const PATH_FIELDS = [
  "cache",
  "data.train",
  "data.validation",
  "data.pictures",
  "data.captions.train",
  "data.captions.validation",
  "data.relations",
  "synthesis.store",
  "synthesis.selection.scores",
  "synthesis.selection.teacherStore",
  "visual.detector",
  "visual.features",
  "training.library",
  "training.provider.library",
] as const;

/** Fields that hold a folder or a hub id. */
export const FOLDER_OR_ID_FIELDS = ["encoder", "visual.encoder"] as const;

const BY_CONTENT: ReadonlySet<string> = new Set([...PATH_FIELDS, ...FOLDER_OR_ID_FIELDS]);

/** A setting that is not as it was. */
export interface ChangedSetting {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  /** `free`: may change. `path`: may change where the content is the same. `fixed`: belongs to another run. */
  readonly kind: "free" | "path" | "fixed";
}

/** Every setting that differs, by its field; lists and single values are compared whole. */
export function changedSettings(before: Config, after: Config): readonly ChangedSetting[] {
  const [old, now] = [settingsOf(before), settingsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((field) => {
    const [a, b] = [old.get(field), now.get(field)];
    if (JSON.stringify(a) === JSON.stringify(b)) return [];
    const free = MAY_CHANGE.some(
      ({ field: name, where }) => name === field && (where === undefined || (where(before) && where(after))),
    );
    const path = BY_CONTENT.has(field) && typeof a === "string" && typeof b === "string";
    return [{ field, before: a, after: b, kind: free ? "free" : path ? "path" : "fixed" }];
  });
}

/** The settings of a configuration that hold a path whose content the run depends on. */
export function decisivePaths(config: Config): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const [field, value] of settingsOf(config)) {
    const free = MAY_CHANGE.some(
      ({ field: name, where }) => name === field && (where === undefined || where(config)),
    );
    if (!free && BY_CONTENT.has(field) && typeof value === "string") paths.set(field, value);
  }
  return paths;
}

/** Leaves by their field, such as `training.epochs`; what is absent is not there. */
export function settingsOf(config: Config): ReadonlyMap<string, unknown> {
  const leaves = new Map<string, unknown>();
  const visit = (value: unknown, field: string) => {
    if (value === undefined) return;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) visit(inner, field === "" ? key : `${field}.${key}`);
    } else leaves.set(field, value);
  };
  visit(config, "");
  return leaves;
}
