// onnxruntime-web in the worker: loads its module, chooses the device and the threads, and says what it could not have.
import type * as Ort from "onnxruntime-web";
import { ConfigError, EngineError } from "../base/errors.ts";
import type { LoadSettings } from "./messages.ts";
import { markThreads } from "./runtime-thread.ts";

/** More threads than this make small matrices slower. */
const MOST_THREADS = 8;

/** The loaded runtime. */
export interface WebRuntime {
  readonly ort: typeof Ort;
  readonly device: "wasm" | "webgpu";
  /** Of the processor; 1 on a page that is not isolated. */
  readonly threads: number;
}

/**
 * Loads onnxruntime-web for a device.
 *
 * @throws EngineError `web/no-runtime`; ConfigError `web/no-webgpu`
 */
export async function loadRuntime(
  settings: LoadSettings,
  notice: (text: string) => void,
): Promise<WebRuntime> {
  const { device: wanted, runtime } = settings;
  const reason = wanted === "wasm" ? "the processor was asked for" : await whyNoGpu(wanted);
  if (wanted === "webgpu" && reason !== undefined) throw noWebGpu(reason);
  if (wanted === "auto" && reason !== undefined) notice(`runs on the processor: ${reason}`);
  const device = reason === undefined ? "webgpu" : "wasm";
  const ort = await importRuntime(device, runtime[device]);
  const threads = threadsOf(settings.threads, notice);
  if (threads > 1) markThreads(device);
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  if (settings.wasmPaths !== undefined) ort.env.wasm.wasmPaths = settings.wasmPaths;
  return { ort, device, threads };
}

/** Shared memory, and so threads, exist only on isolated pages. */
function threadsOf(wanted: number | undefined, notice: (text: string) => void): number {
  const most = wanted ?? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1);
  if (globalThis.crossOriginIsolated || most === 1) return most;
  notice(
    "uses one thread: the page is not cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)",
  );
  return 1;
}

/** The part of WebGPU's interface that tells whether there is a GPU. */
interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

/** Undefined if there is a GPU. One that is only imitated by the processor is far slower than the processor itself. */
async function whyNoGpu(wanted: "auto" | "webgpu"): Promise<string | undefined> {
  const { gpu } = navigator as Navigator & { readonly gpu?: Gpu };
  if (gpu === undefined) return "the browser has no WebGPU here";
  try {
    const adapter = await gpu.requestAdapter();
    if (adapter === null) return "the browser offers no GPU";
    const isImitated = wanted === "auto" && adapter.info?.isFallbackAdapter === true;
    return isImitated ? "the browser offers only a GPU that the processor imitates" : undefined;
  } catch (error) {
    return `the browser offers no GPU (${(error as Error).message})`;
  }
}

/** A bundler resolves the names; without one, the page passes addresses. */
async function importRuntime(device: "wasm" | "webgpu", address: string | undefined): Promise<typeof Ort> {
  try {
    const module =
      address !== undefined
        ? await import(/* @vite-ignore */ /* webpackIgnore: true */ address)
        : device === "wasm"
          ? await import("onnxruntime-web/wasm")
          : await import("onnxruntime-web/webgpu");
    return module.InferenceSession === undefined ? module.default : module;
  } catch (cause) {
    throw new EngineError({
      code: "web/no-runtime",
      message: `onnxruntime-web cannot be loaded from ${address ?? `"onnxruntime-web/${device}"`}: ${(cause as Error).message}`,
      place: address ?? `onnxruntime-web/${device}`,
      remedy:
        'Install onnxruntime-web if a bundler builds the page; otherwise name its module in an import map, or by the option "runtime".',
      cause,
    });
  }
}

function noWebGpu(reason: string): ConfigError {
  return new ConfigError({
    code: "web/no-webgpu",
    message: `the device "webgpu" cannot be used: ${reason}`,
    place: "device",
    value: "webgpu",
    remedy: 'Use the device "auto", which falls back to the processor and says so.',
  });
}
