// A page that a bundler made: `relata/web` and onnxruntime-web in files of the bundler's choice, with threads and without, and on a GPU that the processor imitates.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveStatic } from "../../scripts/static-server.mjs";
import type { Extractor } from "../../src/extract/extractor.ts";
import { load } from "../../src/extract/load.ts";
import type { Extraction } from "../../src/extract/post.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { exportWeb } from "../../src/extract/web/export-web.ts";
import {
  differenceOf,
  extractIn,
  hasBrowser,
  loadIn,
  NEEDS_BROWSER,
  openPage,
  type SeenModel,
  SLOW_MS,
  startBrowser,
} from "./web-page.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** float32 sums in another order. */
const ROUNDING = 1e-5;

describe.skipIf(!hasBrowser)(`a page made by Vite ${NEEDS_BROWSER}`, { timeout: SLOW_MS }, () => {
  let world: TinyWorld;
  let node: Extractor;
  let expected: Extraction;
  let text: string;
  let site: string;
  let exported: string;

  beforeAll(async () => {
    world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-bundled-")));
    const model = await tinyModel(world, "mner", "pictures");
    exported = join(world.folder, "web");
    await exportWeb({ model, folder: exported, withoutPictures: true }); // a graph less to compile for the GPU
    node = await load(model, { threads: 1 });
    ({ text } = world.corpus.posts.validation[0]!); // the corpus is never empty
    expected = await node.extract({ text });
    site = await bundledSite(join(world.folder, "app"));
  }, SLOW_MS);
  afterAll(async () => {
    await node?.dispose();
    await rm(world.folder, { recursive: true });
  });

  /** What the page of a browser finds, and with what. */
  async function answerOf(browser: Browser, isolated: boolean, device: "wasm" | "webgpu") {
    const server = await serveStatic({ "/": site, "/models/posts/": exported }, { isolated });
    try {
      const page = await openPage(browser, server, "index.html");
      const model = (await loadIn(page, "posts", { device, threads: 2 })) as SeenModel;
      const found = (await extractIn(page, { text })) as Extraction;
      await page.context().close();
      return { model, found };
    } finally {
      await server.close();
      await browser.close();
    }
  }

  it.each([
    [1, false],
    [2, true],
  ])("finds what Node finds on %i threads, isolated %s", async (threads, isolated) => {
    const { model, found } = await answerOf(await startBrowser(), isolated, "wasm");
    expect(model).toMatchObject({ device: "wasm", threads });
    expect(expected.entities.length).toBeGreaterThan(0);
    expect(differenceOf(expected, found)).toBeLessThan(ROUNDING);
  });

  it("finds what Node finds on a GPU", async () => {
    const { model, found } = await answerOf(await startBrowser({ gpu: true }), false, "webgpu");
    expect(model).toMatchObject({ device: "webgpu" });
    expect(differenceOf(expected, found)).toBeLessThan(ROUNDING);
  });
});

/** Builds a page as a user of Vite would, with both packages installed. */
async function bundledSite(folder: string): Promise<string> {
  const packages = join(folder, "node_modules");
  await mkdir(packages, { recursive: true });
  await symlink(ROOT, join(packages, "relata"));
  await symlink(join(ROOT, "node_modules/onnxruntime-web"), join(packages, "onnxruntime-web"));
  await writeFile(
    join(folder, "index.html"),
    '<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="./main.js"></script>',
  );
  await writeFile(join(folder, "main.js"), 'import * as web from "relata/web"; globalThis.web = web;');
  await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    build: { outDir: "site", chunkSizeWarningLimit: 100_000 },
  });
  return join(folder, "site");
}
