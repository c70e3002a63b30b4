// Which settings may change when a run is resumed. All others must be unchanged, including fields that the schema gains later; a path may
// change if the content at the new path is the same.
import type { Config } from "./schema.ts";

interface FreeSetting {
  readonly field: string;
  /** Why the setting does not affect the run. */
  readonly why: string;
  /** When it may change; always if absent. */
  readonly where?: (config: Config) => boolean;
}

/** The settings that may change, each with the reason; the run's record is updated. */
export const MAY_CHANGE: readonly FreeSetting[] = [
  { field: "$schema", why: "is only read by editors" },
  { field: "cache", why: "only caches results that would otherwise be computed again" },
  {
    field: "data.format",
    why: "is guessed where it was relata by default; the documents are compared anyway",
    where: ({ data }) => data.format === "auto" || data.format === "relata",
  },
  { field: "training.keep", why: "only says what is left of the run when it has ended" },
  { field: "training.thresholds", why: "only says what is fitted when the training has ended" },
  { field: "training.threads", why: "changes the last bits of sums; reported as a change of machine" },
  { field: "training.engine", why: "changes the last bits of sums; reported as a change of version" },
  ...["processes", "nodes", "rendezvous", "python", "precision", "compile"].map((name) => ({
    field: `training.torch.${name}`,
    why: "says where the same steps run; reported as a change of machine",
  })),
  {
    field: "training.device",
    why: "says where PyTorch runs; a run moves there from the processor, and back",
    where: ({ training }) => training.engine === "torch" || training.device === "cpu",
  },
  { field: "training.library", why: "is another onnxruntime; reported as a change of version" },
  {
    field: "visual.features",
    why: "is only a cache when pictures are encoded",
    where: ({ visual }) => visual.kind === "pictures",
  },
];

/** Fields with the path of a file or folder; relative paths are resolved from the configuration's folder. */
export const PATH_FIELDS = [
  "cache",
  "from",
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

/** Fields with a folder or a hub id. */
export const FOLDER_OR_ID_FIELDS = ["encoder", "visual.encoder", "synthesis.selection.embedder"] as const;

const BY_CONTENT: ReadonlySet<string> = new Set([...PATH_FIELDS, ...FOLDER_OR_ID_FIELDS]);

/** A changed setting. */
export interface ChangedSetting {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  /** `free`: may change. `path`: may change if the content is the same. `fixed`: must not change. */
  readonly kind: "free" | "path" | "fixed";
}

/** Every setting that differs, by field; lists and single values are compared as a whole. */
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

/** The path settings whose content affects the run. */
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

/** Leaves by field, such as `training.epochs`; absent fields are left out. */
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
