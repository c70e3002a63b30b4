// Reads the plan of a synthesis from its file; paths in it are relative to the file's folder.
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { checkShape } from "../base/schema-issues.ts";
import { readConfigFile } from "../config/load.ts";
import type { GeneratorAdapters, GeneratorSettings, PathField } from "./adapters.ts";
import { pathFields } from "./open-generators.ts";
import { type SynthesisPlan, synthesisPlanSchema } from "./plan-schema.ts";

/**
 * The plan of a file (.json, .ts, .js with a default export), its defaults filled in and its paths absolute.
 *
 * @throws ConfigError `config/not-found`, `config/unreadable`, `config/wrong-extension`, `config/invalid`
 */
export async function loadPlan(path: string, adapters: GeneratorAdapters): Promise<SynthesisPlan> {
  const file = resolve(path);
  return parsePlan(await readConfigFile(file), file, dirname(file), adapters);
}

/** A plan from any value; `folder` is what its paths are relative to. @throws ConfigError `config/invalid` */
export function parsePlan(
  value: unknown,
  place: string,
  folder: string,
  adapters: GeneratorAdapters,
): SynthesisPlan {
  const parsed = checkShape(synthesisPlanSchema, value, { whole: "the plan" });
  if (!parsed.success) {
    throw new ConfigError({
      code: "config/invalid",
      message: parsed.faults.join("; "),
      place,
      value,
      remedy: "Fix the fields named above; docs/synthetic-data.md lists every field.",
    });
  }
  const plan = parsed.data;
  const { data, textToImage, imageToText } = plan;
  const absolute = (name: string) => resolve(folder, name);
  return {
    ...plan,
    data: {
      ...data,
      path: absolute(data.path),
      ...(data.pictures === undefined ? {} : { pictures: absolute(data.pictures) }),
    },
    ...(textToImage === undefined
      ? {}
      : {
          textToImage: withAbsolutePaths(
            textToImage,
            pathFields("textToImage", textToImage, adapters),
            folder,
          ),
        }),
    ...(imageToText === undefined
      ? {}
      : {
          imageToText: withAbsolutePaths(
            imageToText,
            pathFields("imageToText", imageToText, adapters),
            folder,
          ),
        }),
  };
}

function withAbsolutePaths(
  settings: GeneratorSettings,
  fields: readonly PathField[],
  folder: string,
): GeneratorSettings {
  const result = structuredClone(settings);
  for (const { path, orId } of fields) {
    change(result, path, (text) => {
      const place = resolve(folder, text);
      return orId === true && !text.startsWith(".") && !existsSync(place) ? text : place;
    });
  }
  return result;
}

function change(value: unknown, path: readonly string[], replace: (text: string) => string): void {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return;
  if (key === "*") {
    if (Array.isArray(value)) for (const entry of value) change(entry, rest, replace);
    return;
  }
  const record = value as Record<string, unknown>;
  const inner = record[key];
  if (rest.length > 0) change(inner, rest, replace);
  else if (typeof inner === "string" && inner !== "") record[key] = replace(inner);
}
