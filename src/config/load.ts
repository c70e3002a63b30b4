// Finds and reads relata.config.{ts,json}, applies overrides, and resolves its paths from the file's folder.
import { existsSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { isFields } from "../base/fields.ts";
import { readWholeFile, requireRegularFile } from "../base/whole-file.ts";
import { Extensions } from "../extensions/extension.ts";
import { type ExtensionSource, loadExtensions, locateModules } from "../extensions/load-extensions.ts";
import { COMMAND_LINE, parseLayers, requireOneModel } from "./parse.ts";
import { FOLDER_OR_ID_FIELDS, PATH_FIELDS } from "./resuming.ts";
import * as library from "./schema.ts";
import { type BothConfig, type Config, type ConfigInput, TASK_SECTIONS } from "./schema.ts";

/** File names to look for in the working folder, in this order. */
const CONFIG_NAMES = ["relata.config.ts", "relata.config.js", "relata.config.json"] as const;

/** A part of a configuration, for instance from the command line. */
export type Overrides = Readonly<Record<string, unknown>>;

/** The configuration to read, and its overrides. */
export interface LoadConfigOptions {
  /** The file; if absent, the first of `CONFIG_NAMES` in `folder`, or no file if there are overrides. */
  readonly path?: string | undefined;
  /** The folder to search, and the base of relative paths in overrides; the working folder by default. */
  readonly folder?: string | undefined;
  /** Overrides the file field by field; a list replaces a list, null removes a field. */
  readonly overrides?: Overrides | undefined;
  /** Extensions in addition to those in the file. Modules among them become part of the configuration. */
  readonly extensions?: readonly ExtensionSource[] | undefined;
}

/**
 * Loads the configuration of one model, with defaults filled in and absolute paths.
 *
 * @throws ConfigError `config/not-found`, `config/unreadable`, `config/wrong-extension`, `config/invalid`, `config/contradiction`,
 * `config/two-models` if the task is `both`; ExtensionError `extension/not-found`, `extension/cannot-load`, `extension/invalid`, `extension/other-contract`, `extension/name-taken`
 * @example
 * import { loadConfig } from "relata";
 *
 * const { encoder, training } = await loadConfig({ path: "relata.config.json", overrides: { training: { epochs: 3 } } });
 * console.log(encoder, training.epochs);
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<Config> {
  return requireOneModel(await loadTrainConfig(options), options.path ?? "the configuration");
}

/**
 * Loads the configuration of one model or, with the task `both`, of two.
 *
 * @throws ConfigError and ExtensionError as `loadConfig`, without `config/two-models`
 */
export async function loadTrainConfig(options: LoadConfigOptions = {}): Promise<Config | BothConfig> {
  const folder = resolve(options.folder ?? ".");
  const path = options.path === undefined ? findConfig(folder) : resolve(folder, options.path);
  const given = options.overrides ?? {};
  const overrides = absolutePaths({ ...given, ...(await withLocated(given.extensions, folder)) }, folder);
  if (path === undefined) {
    if (Object.keys(overrides).length === 0) {
      throw new ConfigError({
        code: "config/not-found",
        message: `found no ${CONFIG_NAMES.join(", ")} in the current folder`,
        place: folder,
        remedy:
          "Name the file with --config, or give at least --encoder, --train and --validation. docs/configuration.md has an example.",
      });
    }
    return parsed([{}, overrides], COMMAND_LINE, folder, options.extensions);
  }
  const value = await readConfigFile(path);
  if (!isFields(value)) return parseLayers([value], path, Extensions.NONE);
  const located = { ...value, ...(await withLocated(value.extensions, dirname(path))) };
  return parsed([absolutePaths(located, dirname(path)), overrides], path, folder, options.extensions);
}

/** A configuration with the extensions that it names and those passed in addition. */
async function parsed(
  layers: readonly [base: Overrides, ...over: readonly Overrides[]],
  place: string,
  folder: string,
  given: readonly ExtensionSource[] = [],
): Promise<Config | BothConfig> {
  const modules = given.filter((source) => typeof source === "string");
  const listed = layers.findLast(({ extensions }) => extensions !== undefined)?.extensions;
  const own = Array.isArray(listed) ? listed : [];
  const all = [...own, ...(await locateModules(modules, folder))];
  const named = all.every((one) => typeof one === "string") ? all : []; // the schema refuses anything else
  const objects = given.filter((source) => typeof source !== "string");
  const extensions = await loadExtensions([...objects, ...named], folder);
  return parseLayers(modules.length === 0 ? layers : [...layers, { extensions: all }], place, extensions);
}

/** The `extensions` of a file, with absolute module paths; the schema refuses anything but a list of strings later. */
async function withLocated(extensions: unknown, folder: string): Promise<{ extensions?: unknown }> {
  if (!Array.isArray(extensions) || !extensions.every((one) => typeof one === "string")) return {};
  return { extensions: await locateModules(extensions, folder) };
}

/** A configuration as the library accepts it: its fields, or the path of its file. */
export type ConfigSource = ConfigInput | string;

/**
 * Loads the configuration of one model from fields or a file, with defaults filled in. Paths in fields are relative to the working folder,
 * those in a file to the file's folder.
 *
 * @throws ConfigError `config/not-found`, `config/unreadable`, `config/wrong-extension`, `config/invalid`, `config/contradiction`,
 * `config/two-models`; the codes of `loadExtensions`
 */
export async function resolveConfig(
  source: ConfigSource,
  extensions?: readonly ExtensionSource[],
): Promise<Config> {
  return requireOneModel(
    await resolveTrainConfig(source, extensions),
    typeof source === "string" ? source : "config",
  );
}

/** Loads the configuration of one model, or of two with the task `both`, in the same way. */
export async function resolveTrainConfig(
  source: ConfigSource,
  extensions?: readonly ExtensionSource[],
): Promise<Config | BothConfig> {
  if (typeof source === "string") return loadTrainConfig({ path: source, extensions });
  const value = withoutNulls(source);
  if (!isFields(value)) return parseLayers([value], "config", Extensions.NONE);
  const located = { ...value, ...(await withLocated(value.extensions, ".")) };
  return parsed([absolutePaths(located, resolve("."))], "config", ".", extensions);
}

/** The configuration file of a folder; undefined if there is none. */
export function findConfig(folder: string): string | undefined {
  return CONFIG_NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/** How a configuration file is written, by its name. @throws ConfigError `config/wrong-extension` */
export function configFormat(path: string): "json" | "module" {
  const extension = extname(path);
  if (extension === ".json") return "json";
  if ([".ts", ".mts", ".js", ".mjs"].includes(extension)) return "module";
  throw new ConfigError({
    code: "config/wrong-extension",
    message: `a configuration file must end in .ts, .mts, .js, .mjs or .json, got "${extension}"`,
    place: path,
    remedy: "Name a file that ends so.",
  });
}

/**
 * The unchecked content of a configuration file; null removes a field.
 *
 * @throws ConfigError `config/not-found`, `config/unreadable`, `config/wrong-extension`
 */
export async function readConfigFile(path: string): Promise<unknown> {
  if (!existsSync(path)) {
    throw new ConfigError({
      code: "config/not-found",
      message: "the file does not exist",
      place: path,
      remedy: "Check the path.",
    });
  }
  if (configFormat(path) === "json") return withoutNulls(parseJson(await readWholeFile(path), path));
  await requireRegularFile(path);
  return withoutNulls(await importConfig(path));
}

/** A value without its null fields; `extra` is sent to a server and stays unchanged. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, key === "extra" ? inner : withoutNulls(inner)]),
  );
}

function parseJson(bytes: Buffer, path: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8").replace(/^\ufeff/, ""));
  } catch (cause) {
    throw new ConfigError({
      code: "config/unreadable",
      message: `the file is not valid JSON (${(cause as Error).message})`,
      place: path,
      remedy:
        "Fix the file. JSON allows neither comments nor trailing commas; a .ts configuration may have both.",
      cause,
    });
  }
}

/** Runs a .ts or .js configuration. Node 20 cannot import TypeScript, so jiti strips the types. */
async function importConfig(path: string): Promise<unknown> {
  const { createJiti } = await import("jiti");
  // `import { defineConfig } from "relata"` must work even if relata is not installed next to the file (npx, a global install);
  // a configuration needs nothing else of the library, so the rest is not loaded.
  const jiti = createJiti(import.meta.url, { virtualModules: { relata: library }, fsCache: false });
  let loaded: unknown;
  try {
    loaded = await jiti.import(path);
  } catch (cause) {
    throw new ConfigError({
      code: "config/unreadable",
      message: `the file could not be run (${(cause as Error).message.split("\n", 1)[0]})`,
      place: path,
      remedy: "Fix the file. It must be a module that can be imported.",
      cause,
    });
  }
  if (isFields(loaded) && "default" in loaded) return loaded.default;
  throw new ConfigError({
    code: "config/unreadable",
    message: "the file has no default export",
    place: path,
    remedy: "Write `export default defineConfig({ ... })`.",
  });
}

/** Returns a part of a configuration with absolute paths; relative ones are resolved from `folder`. */
export function absolutePaths(value: Overrides, folder: string): Overrides {
  const result = structuredClone(value) as Record<string, unknown>;
  const change = (path: string, replace: (text: string) => string) => {
    const field = path.split(".");
    let parent: unknown = result;
    for (const key of field.slice(0, -1)) parent = isFields(parent) ? parent[key] : undefined;
    const last = field.at(-1) ?? "";
    if (isFields(parent) && typeof parent[last] === "string") {
      (parent as Record<string, unknown>)[last] = replace(parent[last]);
    }
  };
  const sections = ["", ...Object.values(TASK_SECTIONS).map((section) => `${section}.`)];
  for (const section of sections) {
    for (const field of PATH_FIELDS)
      change(`${section}${field}`, (text) => (text === "" ? text : resolve(folder, text)));
    for (const field of FOLDER_OR_ID_FIELDS) {
      change(`${section}${field}`, (text) => {
        const path = resolve(folder, text);
        return text !== "" && (text.startsWith(".") || existsSync(path)) ? path : text;
      });
    }
  }
  return result;
}
