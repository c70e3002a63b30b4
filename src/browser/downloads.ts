// Brings an exported model's files into the page: checks the length and SHA-256 of each, keeps it in the browser's cache under its hash, and tells the progress.
import { DataError } from "../base/errors.ts";
import { checkShape } from "../base/schema-issues.ts";
import {
  WEB_MANIFEST,
  type WebFile,
  type WebManifest,
  webManifestSchema,
} from "../extract/web/web-manifest.ts";
import type { FileCache } from "./file-cache.ts";
import type { LoadProgress } from "./messages.ts";

const UPLOAD_AGAIN = "Upload the exported folder again, completely, and load the page again.";

/** The files of one exported folder. */
export class Downloads {
  readonly #folder: string;
  readonly #cache: FileCache;
  readonly #onProgress: (progress: LoadProgress) => void;
  readonly #notice: (text: string) => void;
  #files: ReadonlyMap<string, WebFile> = new Map();
  #loaded = 0;
  #cached = 0;
  #total = 0;

  constructor(
    folder: string,
    cache: FileCache,
    hooks: { readonly onProgress: (progress: LoadProgress) => void; readonly notice: (text: string) => void },
  ) {
    this.#folder = folder;
    this.#cache = cache;
    this.#onProgress = hooks.onProgress;
    this.#notice = hooks.notice;
    if (!canHash()) {
      hooks.notice(
        "files were not compared with their SHA-256: the page is not in a secure context (https, or localhost)",
      );
    }
  }

  /**
   * Reads the folder's record: the server's, or without a connection the one that was read last.
   *
   * @throws DataError `web/not-found`, `web/unreachable`, `web/bad-manifest`
   */
  async manifest(): Promise<WebManifest> {
    const url = new URL(WEB_MANIFEST, this.#folder).href;
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = await bytesOf(await request(url, "no-cache"), url);
      await this.#cache.keepRecord(url, bytes);
    } catch (error) {
      const kept =
        error instanceof DataError && error.code === "web/unreachable"
          ? await this.#cache.record(url)
          : undefined;
      if (kept === undefined) throw error;
      this.#notice(`${url} could not be reached: the model that was loaded here before is used`);
      bytes = kept;
    }
    const manifest = parseManifest(bytes, url);
    this.#files = new Map(manifest.files.map((file) => [file.path, file]));
    return manifest;
  }

  /** Announces the files that will be read, for the progress. */
  expect(paths: readonly string[]): void {
    this.#total = [...new Set(paths)].reduce((sum, path) => sum + this.#file(path).bytes, 0);
  }

  /**
   * The content of a file.
   *
   * @throws DataError `web/not-found`, `web/unreachable`, `web/truncated`, `web/changed`, `web/bad-manifest` for a file that is not listed
   */
  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.#file(path);
    const kept = await this.#cache.content(file.sha256);
    if (kept !== undefined && (await isIntact(kept, file))) {
      this.#count(kept.byteLength, true);
      return kept;
    }
    const url = new URL(path, this.#folder).href;
    const before = this.#loaded;
    const bytes = await bytesOf(await request(url, "default"), url, (count) => this.#count(count, false));
    if (bytes.byteLength !== file.bytes) {
      this.#loaded = before;
      throw fault(
        "web/truncated",
        url,
        `has ${bytes.byteLength} bytes instead of ${file.bytes}`,
        UPLOAD_AGAIN,
      );
    }
    if (!(await isIntact(bytes, file)))
      throw fault("web/changed", url, "is not the file that was exported: its SHA-256 differs", UPLOAD_AGAIN);
    await this.#cache.keepContent(file.sha256, bytes);
    return bytes;
  }

  /** The content of a JSON file. @throws DataError `web/bad-manifest`, and the codes of `read` */
  async readJson(path: string): Promise<unknown> {
    return parsedJson(await this.read(path), new URL(path, this.#folder).href);
  }

  #file(path: string): WebFile {
    const file = this.#files.get(path);
    if (file !== undefined) return file;
    throw fault(
      "web/bad-manifest",
      new URL(WEB_MANIFEST, this.#folder).href,
      `does not list ${path}`,
      UPLOAD_AGAIN,
    );
  }

  #count(bytes: number, cached: boolean): void {
    this.#loaded += bytes;
    if (cached) this.#cached += bytes;
    this.#onProgress({ loaded: this.#loaded, total: this.#total, cached: this.#cached });
  }
}

function canHash(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

/** Whether the content has its length and its hash; without a secure context, its length. */
async function isIntact(
  bytes: Uint8Array<ArrayBuffer>,
  { sha256, bytes: length }: WebFile,
): Promise<boolean> {
  if (bytes.byteLength !== length) return false;
  if (!canHash()) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
}

async function request(url: string, cache: RequestCache): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { cache });
  } catch (cause) {
    throw fault(
      "web/unreachable",
      url,
      `cannot be downloaded: ${(cause as Error).message}`,
      undefined,
      cause,
    );
  }
  if (response.ok) return response;
  if (response.status === 404 || response.status === 410) {
    throw fault(
      "web/not-found",
      url,
      `does not exist (HTTP ${response.status})`,
      "Check the address of the folder.",
    );
  }
  throw fault("web/unreachable", url, `was refused (HTTP ${response.status} ${response.statusText})`);
}

/** Reads a body as it arrives. */
async function bytesOf(
  response: Response,
  url: string,
  onBytes?: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const reader = response.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) break;
      parts.push(value);
      length += value.byteLength;
      onBytes?.(value.byteLength);
    }
  } catch (cause) {
    throw fault(
      "web/unreachable",
      url,
      `broke off after ${length} bytes: ${(cause as Error).message}`,
      undefined,
      cause,
    );
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function parsedJson(bytes: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw fault("web/bad-manifest", url, `is not JSON (${(cause as Error).message})`, UPLOAD_AGAIN, cause);
  }
}

function parseManifest(bytes: Uint8Array, url: string): WebManifest {
  const checked = checkShape(webManifestSchema, parsedJson(bytes, url), { whole: "all of it" });
  if (checked.success) return checked.data;
  const remedy =
    "Export the model again with the version of relata that the page uses, and upload the whole folder.";
  throw fault(
    "web/bad-manifest",
    url,
    `is not the record of a model for web pages (${checked.faults[0]})`,
    remedy,
  );
}

type DownloadCode =
  | "web/bad-manifest"
  | "web/changed"
  | "web/not-found"
  | "web/truncated"
  | "web/unreachable";

function fault(
  code: DownloadCode,
  url: string,
  problem: string,
  remedy?: string,
  cause?: unknown,
): DataError {
  return new DataError({
    code,
    message: `${url} ${problem}`,
    place: url,
    remedy: remedy ?? "Check the connection, and the server's CORS headers if the files are on another host.",
    cause,
    fault: code === "web/unreachable" ? "work" : "input",
  });
}
