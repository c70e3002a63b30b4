// What a stage's result depends on: its settings, the content of the files it reads, and earlier stages.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { type Json, toJson } from "../base/json.ts";
import type { Config } from "../config/schema.ts";
import { contentOfPath } from "../extractors/shared/content-of-path.ts";
import type { Stage } from "./stage.ts";

/** A stage's settings with content in place of paths, and the SHA-256 over them and over the stages it needs. */
export interface StageFingerprint {
  readonly identity: Json;
  readonly fingerprint: string;
}

/**
 * Returns fingerprints of all stages. A file is identified by its content, a folder (an encoder, pictures, a store) by the names and sizes of
 * its files, a path inside the experiment by its relative path and the stage that creates it.
 */
export async function fingerprintStages(
  stages: readonly Stage[],
  out: string,
  version: string,
): Promise<ReadonlyMap<string, StageFingerprint>> {
  const contents = new Map<string, Promise<string>>();
  const contentOf = (path: string): Promise<string> => {
    const known = contents.get(path) ?? contentOfPath(path);
    contents.set(path, known);
    return known;
  };
  const result = new Map<string, StageFingerprint>();
  for (const stage of stages) {
    const settings = toJson({ kind: stage.kind, relata: version, settings: settingsOf(stage) });
    const identity = await withContents(settings, out, contentOf);
    const needs = stage.needs.map((id) => result.get(id)?.fingerprint ?? id); // needed stages come first
    const fingerprint = createHash("sha256")
      .update(canonical([identity, needs]))
      .digest("hex");
    result.set(stage.id, { identity, fingerprint });
  }
  return result;
}

function settingsOf(stage: Stage): unknown {
  switch (stage.kind) {
    case "derive": {
      const { made, data, seed } = stage;
      return {
        made,
        data: {
          format: data.format,
          bio: data.bio,
          imageExtension: data.imageExtension,
          ...(data.offsets !== undefined && { offsets: data.offsets }),
        },
        seed,
      };
    }
    case "train":
    case "score-views":
    case "synthesize": {
      const { config, arguments: commandLine } = stage;
      return { arguments: commandLine, config: config && withoutCaches(config) };
    }
    case "evaluate":
      return { arguments: stage.arguments };
    default:
      return stage satisfies never;
  }
}

/** Caches change while they fill, but do not change results. */
function withoutCaches({ cache: _, ...config }: Config): unknown {
  return config.visual.kind === "pictures"
    ? { ...config, visual: { ...config.visual, features: undefined } }
    : config;
}

/** Returns `value` with every path in it replaced by the content at that path. */
async function withContents(
  value: Json,
  out: string,
  contentOf: (path: string) => Promise<string>,
): Promise<Json> {
  if (typeof value === "string") {
    if (!isAbsolute(value)) return value;
    if (value === out || value.startsWith(out + sep)) return `experiment:${relative(out, value)}`;
    return existsSync(value) ? contentOf(value) : value;
  }
  if (Array.isArray(value)) return Promise.all(value.map((inner) => withContents(inner, out, contentOf)));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(async ([key, inner]) => [
    key,
    await withContents(inner as Json, out, contentOf),
  ]);
  return Object.fromEntries(await Promise.all(fields));
}

/** JSON with sorted keys. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner as Json)}`).join(",")}}`;
}
