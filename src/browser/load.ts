// Loads an exported model into a web page: starts the worker, and tells it where everything is.
import { ConfigError } from "../base/errors.ts";
import type { LoadProgress, RuntimeModules, WebDevice } from "./messages.ts";
import { WebModel, WorkerLink } from "./web-model.ts";

/** How a model is loaded; every field has a default. */
export interface WebLoadOptions {
  /** "auto": on a GPU if the browser offers one, otherwise on the processor, which `notices` tells. Default "auto". */
  readonly device?: WebDevice | undefined;
  /** Threads of the processor, on a cross-origin isolated page; default: its cores, at most 8. Elsewhere it is one. */
  readonly threads?: number | undefined;
  /** Called while files arrive. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Stops loading; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Whether files are kept in the browser, or the name of the cache for them. Default true, with the name "relata-web". */
  readonly cache?: boolean | string | undefined;
  /**
   * Addresses of onnxruntime-web's modules, where no bundler resolves them and no import map names "onnxruntime-web/wasm" and
   * "onnxruntime-web/webgpu".
   */
  readonly runtime?: { readonly wasm?: string | undefined; readonly webgpu?: string | undefined } | undefined;
  /** Folder of onnxruntime-web's WebAssembly files, if they are not beside its module. */
  readonly wasmPaths?: string | undefined;
  /** Starts the worker, for a page whose bundler needs another way to find its file. */
  readonly worker?: (() => Worker) | undefined;
}

const CACHE = "relata-web";
const DEVICES: readonly WebDevice[] = ["auto", "wasm", "webgpu"];
const NAMES = { wasm: "onnxruntime-web/wasm", webgpu: "onnxruntime-web/webgpu" } as const;

/**
 * Loads a model that `relata export --web` wrote from its folder's address. It runs in a worker of its own, so the page stays responsive.
 *
 * @throws ConfigError `web/bad-option`, `web/no-webgpu`; DataError `web/not-found`, `web/unreachable`, `web/truncated`, `web/changed`,
 * `web/bad-manifest`; EngineError `web/no-runtime`, `web/runtime-failed`, `web/worker-failed`; the signal's reason
 * @example
 * import { load } from "relata/web";
 *
 * const model = await load("/models/posts/", { onProgress: ({ loaded, total }) => console.log(loaded / total) });
 * const { entities, relations } = await model.extract({ text: "Ada met Bo in Rome" });
 * console.log(entities, relations, model.notices);
 */
export async function load(folder: string | URL, options: WebLoadOptions = {}): Promise<WebModel> {
  const { device = "auto", threads, onProgress, signal, cache = true, runtime = {}, wasmPaths } = options;
  if (!DEVICES.includes(device)) throw badOption("device", device, `one of ${DEVICES.join(", ")}`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0))
    throw badOption("threads", threads, "an integer of at least 1");
  signal?.throwIfAborted();
  const settings = {
    folder: addressOf(folder),
    device,
    threads,
    runtime: modulesOf(runtime),
    wasmPaths: wasmPaths === undefined ? undefined : new URL(wasmPaths, base()).href,
    cache: cache === true ? CACHE : cache === false ? undefined : cache,
  };
  const { worker = startWorker } = options;
  const link = new WorkerLink(worker(), onProgress);
  return new WebModel(link, await link.load(settings, signal));
}

function startWorker(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" }); // in this form bundlers find the file
}

function base(): string | undefined {
  return globalThis.document?.baseURI ?? globalThis.location?.href;
}

/** The folder with a slash at its end, whatever was given. */
function addressOf(folder: string | URL): string {
  try {
    const url = new URL(folder, base());
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url.href;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw badOption("folder", String(folder), "the address of an exported folder");
  }
}

/** Import maps do not reach workers, so names are resolved here. */
function modulesOf(given: NonNullable<WebLoadOptions["runtime"]>): RuntimeModules {
  const address = (device: "wasm" | "webgpu") => {
    const own = given[device];
    return own === undefined ? mapped(NAMES[device]) : new URL(own, base()).href;
  };
  return { wasm: address("wasm"), webgpu: address("webgpu") };
}

/** The address that an import map gives a name; undefined where none does, as in a page that a bundler made. */
function mapped(name: string): string | undefined {
  if (typeof import.meta.resolve !== "function") return undefined;
  try {
    return import.meta.resolve(name);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function badOption(name: string, value: unknown, wanted: string): ConfigError {
  return new ConfigError({
    code: "web/bad-option",
    message: `${name} must be ${wanted}, got ${String(value)}`,
    place: name,
    value,
    remedy: "Correct the option, or leave it out.",
  });
}
