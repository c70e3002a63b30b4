// Pages for tests of `relata/web`: Chromium, a server with the built module and onnxruntime-web, and calls from Node into the page.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { type StaticServer, serveStatic } from "../../scripts/static-server.mjs";
import type { WebLoadOptions } from "../../src/browser/load.ts";
import type { Extraction } from "../../src/extract/post.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Built by `npm run build`. */
const MODULE = join(ROOT, "dist/web");
const RUNTIME = join(ROOT, "node_modules/onnxruntime-web/dist");

/** Tests of pages are skipped without it. */
export const hasBrowser = existsSync(BROWSER);
export const NEEDS_BROWSER = `(skipped without ${BROWSER}; CHROMIUM names another)`;
/** A browser is slow on a busy machine. */
export const SLOW_MS = 300_000;

const ARGUMENTS = ["--no-sandbox", "--disable-background-networking"];
/** A GPU that the processor imitates. */
const IMITATED_GPU = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-angle=swiftshader",
  "--use-vulkan=swiftshader",
];

const IMPORTS = {
  "relata/web": "/relata/index.js",
  "onnxruntime-web/wasm": "/runtime/ort.wasm.bundle.min.mjs",
  "onnxruntime-web/webgpu": "/runtime/ort.webgpu.bundle.min.mjs",
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>test</title>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">import * as web from "relata/web"; globalThis.web = web;</script>`;

/** Starts the browser. */
export function startBrowser({ gpu = false }: { readonly gpu?: boolean } = {}): Promise<Browser> {
  const args = gpu ? [...ARGUMENTS, ...IMITATED_GPU] : [...ARGUMENTS, "--disable-gpu"];
  return chromium.launch({ executablePath: BROWSER, args, timeout: SLOW_MS });
}

/** Serves the module, the runtime, and exported folders by name. */
export function serveModels(
  models: Readonly<Record<string, string>>,
  options: { readonly isolated?: boolean } = {},
): Promise<StaticServer> {
  const folders = Object.entries(models).map(([name, folder]) => [`/models/${name}/`, folder]);
  return serveStatic(
    { "/": { page: PAGE }, "/relata/": MODULE, "/runtime/": RUNTIME, ...Object.fromEntries(folders) },
    options,
  );
}

/** What a test sees of a loaded model. */
export interface SeenModel {
  readonly device: string;
  readonly threads: number;
  readonly notices: readonly string[];
  readonly labels: readonly string[];
  readonly entityTypes: readonly string[];
  /** The last progress. */
  readonly progress: { readonly loaded: number; readonly total: number; readonly cached: number };
}

/** An error as the page sees it. */
export interface SeenError {
  readonly error: {
    readonly name: string;
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
  };
}

/** Opens a page that has `relata/web` as `globalThis.web`. */
export async function openPage(browser: Browser, { origin }: StaticServer, path = ""): Promise<Page> {
  const context = await browser.newContext();
  return reopen(await context.newPage(), origin, path);
}

/** Loads the page again in the same profile. */
export async function reopen(page: Page, origin: string, path = ""): Promise<Page> {
  await page.goto(`${origin}/${path}`);
  await page.waitForFunction(() => "web" in globalThis, undefined, { timeout: SLOW_MS });
  return page;
}

/** Loads a model in the page as `globalThis.model`, or returns the error. */
export function loadIn(
  page: Page,
  name: string,
  options: Pick<WebLoadOptions, "device" | "threads" | "cache" | "runtime"> = {},
): Promise<SeenModel | SeenError> {
  return page.evaluate(
    async ({ url, options: given }) => {
      const scope = globalThis as unknown as Scope;
      let progress = { loaded: 0, total: 0, cached: 0 };
      try {
        const onProgress = (now: typeof progress) => {
          progress = now;
        };
        const model = await scope.web.load(url, { ...given, onProgress });
        scope.model = model;
        const { device, threads, notices, labels, entityTypes } = model;
        return { device, threads, notices, labels, entityTypes, progress };
      } catch (error) {
        const { name: kind, code, message, remedy } = error as SeenError["error"];
        return { error: { name: kind, code, message, remedy } };
      }
    },
    { url: `/models/${name}/`, options },
  );
}

/** Reads a post with the loaded model; the picture crosses over as a file. */
export function extractIn(
  page: Page,
  post: { readonly text: string; readonly image?: Uint8Array | undefined },
  options: object = {},
): Promise<Extraction | SeenError> {
  const { text, image } = post;
  return page.evaluate(
    async ({ text, image, options }) => {
      const scope = globalThis as unknown as Scope;
      try {
        const bytes = image === undefined ? undefined : Uint8Array.from(atob(image), (c) => c.charCodeAt(0));
        return await scope.model.extract({ text, ...(bytes ? { image: new Blob([bytes]) } : {}) }, options);
      } catch (error) {
        const { name, code, message, remedy } = error as SeenError["error"];
        return { error: { name, code, message, remedy } };
      }
    },
    { text, image: image && Buffer.from(image).toString("base64"), options },
  );
}

/** What the page holds. */
interface Scope {
  web: typeof import("../../src/browser/index.ts");
  model: import("../../src/browser/web-model.ts").WebModel;
}

/** The largest difference of two results' probabilities; throws if they differ in anything else. */
export function differenceOf(a: Extraction, b: Extraction): number {
  const bare = (extraction: Extraction) =>
    JSON.stringify(extraction, (field, value) => (field === "probability" ? undefined : value));
  if (bare(a) !== bare(b)) throw new Error(`the results differ:\n${bare(a)}\n${bare(b)}`);
  const probabilities = ({ entities, relations, category }: Extraction) =>
    [...entities, ...relations, ...(category ? [category] : [])].map(({ probability = 1 }) => probability);
  const others = probabilities(b);
  return probabilities(a).reduce((most, value, i) => Math.max(most, Math.abs(value - others[i]!)), 0);
}
