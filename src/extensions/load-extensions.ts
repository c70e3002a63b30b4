// Loads extensions from modules named by a configuration, a command line or a program. Nothing else is ever loaded: a model or a store
// cannot name code to run.
import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ExtensionError } from "../base/errors.ts";
import { ownModule } from "../base/own-files.ts";
import { type Extension, Extensions, requireExtension } from "./extension.ts";

/** An extension, or the path or package name of a module that exports one or a list of them by default. */
export type ExtensionSource = string | Extension;

/** Extensions in a request: sources to load, or the result of `loadExtensions`. */
export type ExtensionsInput = Extensions | readonly ExtensionSource[];

/** The parts of relata that extensions may import: always from the running program, wherever the extension's file is. */
const OWN_MODULES = ["index", "errors", "extend", "data/index", "graph/index", "nn/index"] as const;

/**
 * Checks extensions and loads those that are named by their module.
 *
 * @param folder base of relative paths and packages; the working folder by default
 * @throws ExtensionError `extension/not-found`, `extension/cannot-load`, `extension/invalid`, `extension/other-contract`, `extension/name-taken`
 */
export async function loadExtensions(
  sources: ExtensionsInput | undefined,
  folder = ".",
): Promise<Extensions> {
  if (sources instanceof Extensions) return sources;
  if (sources === undefined || sources.length === 0) return Extensions.NONE;
  const loaded = new Set<Extension>(); // the same one may occur twice
  for (const source of sources) {
    const given = typeof source === "string" ? await loadModule(source, folder) : [source];
    const place = typeof source === "string" ? source : "extensions";
    for (const value of given) loaded.add(requireExtension(value, place));
  }
  return new Extensions([...loaded]);
}

/** The extensions of a request plus the modules that its configuration or plan names; a result of `loadExtensions` is unchanged. */
export function extensionsWith(
  given: ExtensionsInput | undefined,
  named: readonly string[] | undefined,
): Promise<Extensions> {
  return loadExtensions(given instanceof Extensions ? given : [...(given ?? []), ...(named ?? [])]);
}

/** Absolute paths of modules, as stored in a configuration. @throws ExtensionError `extension/not-found` */
export async function locateModules(
  specifiers: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  if (specifiers.length === 0) return [];
  const { createJiti } = await import("jiti");
  const parent = pathToFileURL(resolve(folder, "extensions.js"));
  const jiti = createJiti(parent.href);
  return specifiers.map((specifier) => {
    if (specifier.startsWith(".") || isAbsolute(specifier)) {
      const path = resolve(folder, specifier);
      if (existsSync(path)) return path;
      throw notFound(specifier, `there is no file ${path}`);
    }
    const url = jiti.esmResolve(specifier, { parentURL: parent, try: true });
    if (url === undefined) throw notFound(specifier, `no package of this name can be found from ${folder}`);
    return url.startsWith("file:") ? fileURLToPath(url) : url;
  });
}

const running = new Map<string, Promise<readonly unknown[]>>(); // a module runs once per process

async function loadModule(specifier: string, folder: string): Promise<readonly unknown[]> {
  const [path] = await locateModules([specifier], resolve(folder));
  const known = path === undefined ? undefined : running.get(path);
  if (known !== undefined || path === undefined) return known ?? [];
  const started = importModule(path);
  running.set(path, started);
  return started;
}

async function importModule(path: string): Promise<readonly unknown[]> {
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, { virtualModules: await ownModules(), fsCache: false });
  let module: unknown;
  try {
    module = await jiti.import(path);
  } catch (cause) {
    throw new ExtensionError({
      code: "extension/cannot-load",
      message: `the module could not be run (${messageOf(cause)})`,
      place: path,
      remedy: "Fix the module; it must be one that can be imported, .ts, .mts, .js or .mjs.",
      cause,
    });
  }
  if (typeof module !== "object" || module === null || !("default" in module)) {
    throw new ExtensionError({
      code: "extension/cannot-load",
      message: "the module has no default export",
      place: path,
      remedy: "Write `export default defineReader({ ... })`, or a list of extensions.",
    });
  }
  return Array.isArray(module.default) ? module.default : [module.default];
}

/** Modules of relata by name, as already running in this process, so that an extension shares relata's tensor and error classes. */
async function ownModules(): Promise<Record<string, unknown>> {
  const loaded = await Promise.all(
    OWN_MODULES.map(async (module): Promise<[string, unknown]> => {
      const name = `relata/${module}`.replace(/\/index$/, "");
      return [name, await import(ownModule(module).href)];
    }),
  );
  return Object.fromEntries(loaded);
}

function notFound(specifier: string, what: string): ExtensionError {
  return new ExtensionError({
    code: "extension/not-found",
    message: `the extension "${specifier}" cannot be found: ${what}`,
    place: specifier,
    value: specifier,
    remedy:
      'Write a path with "./" before it, relative to the file that names it, or the name of an installed package.',
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.message.split("\n", 1)[0]}` : String(cause);
}
