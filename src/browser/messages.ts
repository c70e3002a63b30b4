// What the page and its worker say to each other, and how errors cross over: with their code, place and remedy.
import type { ErrorCode } from "../base/codes/error-code.ts";
import {
  ConfigError,
  DataError,
  EncoderError,
  EngineError,
  type Fault,
  GraphError,
  ModelError,
  RelataError,
} from "../base/errors.ts";
import type { Extraction, ExtractionOptions, Post } from "../extract/post.ts";

/** How far the download of a model is. */
export interface LoadProgress {
  /** Bytes that have arrived or were in the cache, of `total`. */
  readonly loaded: number;
  readonly total: number;
  /** Of those that are loaded, the bytes that came from the cache. */
  readonly cached: number;
}

/** Where graphs run: on the processor (WebAssembly), on a GPU (WebGPU), or on a GPU if there is one. */
export type WebDevice = "auto" | "wasm" | "webgpu";

/** Addresses of onnxruntime-web's modules; undefined: what a bundler made of their names. */
export interface RuntimeModules {
  readonly wasm: string | undefined;
  readonly webgpu: string | undefined;
}

/** What the worker needs to load a model. */
export interface LoadSettings {
  /** The exported folder, with a slash at its end. */
  readonly folder: string;
  readonly device: WebDevice;
  readonly threads: number | undefined;
  readonly runtime: RuntimeModules;
  /** Folder of onnxruntime-web's WebAssembly files, if they are not beside its module. */
  readonly wasmPaths: string | undefined;
  /** Name of the cache; undefined: nothing is kept. */
  readonly cache: string | undefined;
}

/** A post as it crosses over: pictures as bytes, as a decoded bitmap, or as an address. */
export interface SentPost extends Omit<Post, "image"> {
  readonly image?: Uint8Array | Blob | ImageBitmap | string | undefined;
}

/** What a loaded model is. */
export interface ModelFacts {
  readonly labels: readonly string[];
  readonly entityTypes: readonly string[];
  readonly categories: readonly string[];
  readonly visualChannels: readonly string[];
  readonly sees: { readonly pictures: boolean; readonly captions: boolean };
  readonly needsMentions: boolean;
  readonly remarks: readonly string[];
  readonly notices: readonly string[];
  readonly device: "wasm" | "webgpu";
  readonly threads: number;
  readonly model: string;
}

/** From the page to the worker. */
export type Request =
  | { readonly id: number; readonly kind: "load"; readonly settings: LoadSettings }
  | {
      readonly id: number;
      readonly kind: "extract";
      readonly post: SentPost;
      readonly options: ExtractionOptions;
    }
  | { readonly id: number; readonly kind: "dispose" };

/** From the worker to the page. */
export type Answer =
  | { readonly kind: "progress"; readonly progress: LoadProgress }
  | { readonly id: number; readonly kind: "loaded"; readonly facts: ModelFacts }
  | { readonly id: number; readonly kind: "extracted"; readonly extraction: Extraction }
  | { readonly id: number; readonly kind: "disposed" }
  | { readonly id: number; readonly kind: "failed"; readonly error: SentError };

/** An error as data. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  /** Absent for an error that is not relata's own: a bug. */
  readonly details?: {
    readonly code: ErrorCode;
    readonly place: string | undefined;
    readonly remedy: string;
    readonly value: unknown;
    readonly fault: Fault;
  };
}

const CLASSES = { ConfigError, DataError, EncoderError, EngineError, GraphError, ModelError };

/** Turns an error into data. A value that cannot cross over is left out. */
export function sentError(error: unknown): SentError {
  if (!(error instanceof RelataError)) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { name, message };
  }
  const { name, message, code, place, remedy, value, fault } = error;
  return {
    name: nameOf(error) ?? name,
    message,
    details: { code, place, remedy, value: plain(value), fault },
  };
}

/** Makes the error again; the name is given, because a minifier may have changed the class's. */
export function receivedError({ name, message, details }: SentError): Error {
  if (details === undefined) return Object.assign(new Error(message), { name });
  const Class = CLASSES[name as keyof typeof CLASSES] ?? RelataError;
  return Object.assign(new Class({ message, ...details }), { name });
}

/** The class's name in relata, which a minifier may have changed. */
function nameOf(error: RelataError): string | undefined {
  return Object.entries(CLASSES).find(([, Class]) => error instanceof Class)?.[0];
}

function plain(value: unknown): unknown {
  if (value === undefined) return undefined;
  try {
    return structuredClone(value);
  } catch (error) {
    if (error instanceof DOMException) return undefined; // a function, or something that contains one
    throw error;
  }
}
