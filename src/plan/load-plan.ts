// Reads a synthesis plan from its file; paths in it are relative to the file's folder.
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { checkShape } from "../base/schema-issues.ts";
import { readConfigFile } from "../config/load.ts";
import { AUTO } from "../data/guess-format.ts";
import { formatNamed } from "../data/readers.ts";
import { Extensions } from "../extensions/extension.ts";
import {
  type ExtensionsInput,
  extensionsWith,
  loadExtensions,
  locateModules,
} from "../extensions/load-extensions.ts";
import type { GeneratorAdapters, GeneratorSettings, PathField } from "./adapters.ts";
import { pathFields } from "./open-generators.ts";
import { type SynthesisPlan, synthesisPlanSchema } from "./plan-schema.ts";
import { withRegistered } from "./registered-generators.ts";

/**
 * Reads the plan from a file (.json, .ts, .js with a default export), fills in defaults and makes paths
 * absolute.
 *
 * @param given extensions in addition to those that the plan names
 * @throws ConfigError `config/not-found`, `config/unreadable`, `config/wrong-extension`, `config/invalid`; the codes of `loadExtensions`
 */
export async function loadPlan(
  path: string,
  adapters: GeneratorAdapters,
  given?: ExtensionsInput,
): Promise<SynthesisPlan> {
  const file = resolve(path);
  return extendedPlan(await readConfigFile(file), file, dirname(file), adapters, given);
}

/**
 * Reads a plan from any value and loads the extensions that it names. @throws what `loadPlan` throws,
 * except for the file
 */
export async function extendedPlan(
  value: unknown,
  place: string,
  folder: string,
  adapters: GeneratorAdapters,
  given?: ExtensionsInput,
): Promise<SynthesisPlan> {
  const named = modulesOf(value);
  if (named === undefined) return parsePlan(value, place, folder, adapters, await loadExtensions(given));
  const modules = await locateModules(named, folder);
  const located = { ...(value as object), extensions: modules };
  return parsePlan(located, place, folder, adapters, await extensionsWith(given, modules));
}

/**
 * The modules that a plan names; undefined if it names none, or if the field is invalid, which the schema
 * reports.
 */
function modulesOf(value: unknown): readonly string[] | undefined {
  const named = (value as { readonly extensions?: unknown } | null)?.extensions;
  return Array.isArray(named) && named.every((one) => typeof one === "string") ? named : undefined;
}

/**
 * Reads a plan from any value; its paths are relative to `folder`. @throws ConfigError `config/invalid`;
 * DataError `data/unknown-format`; ExtensionError `extension/name-taken`
 */
export function parsePlan(
  value: unknown,
  place: string,
  folder: string,
  adapters: GeneratorAdapters,
  extensions: Extensions = Extensions.NONE,
): SynthesisPlan {
  const known = withRegistered(adapters, extensions);
  const parsed = checkShape(synthesisPlanSchema, withOneRound(value), { whole: "the plan" });
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
  const { data, textToImage, imageToText, textToText } = plan;
  if (data.format !== AUTO) formatNamed(data.format, extensions);
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
          textToImage: withAbsolutePaths(textToImage, pathFields("textToImage", textToImage, known), folder),
        }),
    ...(imageToText === undefined
      ? {}
      : {
          imageToText: withAbsolutePaths(imageToText, pathFields("imageToText", imageToText, known), folder),
        }),
    ...(textToText === undefined
      ? {}
      : { textToText: withAbsolutePaths(textToText, pathFields("textToText", textToText, known), folder) }),
  };
}

/** A plan that makes texts from texts has one round, whether it says so or not. */
function withOneRound(value: unknown): unknown {
  const plan = value as { readonly textToText?: unknown; readonly rounds?: unknown } | null;
  return plan?.textToText === undefined || plan.rounds !== undefined ? value : { ...plan, rounds: 1 };
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
