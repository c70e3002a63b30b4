// A model in a real browser finds what it finds in Node, with threads and without; broken files are refused with a code; the second visit needs no server.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StaticServer } from "../../scripts/static-server.mjs";
import { exportBundle } from "../../src/extract/export-bundle.ts";
import type { Extractor } from "../../src/extract/extractor.ts";
import { load } from "../../src/extract/load.ts";
import type { Extraction } from "../../src/extract/post.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { exportWeb } from "../../src/extract/web/export-web.ts";
import { WEB_MANIFEST, type WebManifest } from "../../src/extract/web/web-manifest.ts";
import {
  differenceOf,
  extractIn,
  hasBrowser,
  loadIn,
  NEEDS_BROWSER,
  openPage,
  reopen,
  type SeenError,
  type SeenModel,
  SLOW_MS,
  serveModels,
  startBrowser,
} from "./web-page.ts";

/** float32 sums in another order. */
const ROUNDING = 1e-5;

describe.skipIf(!hasBrowser)(`a model in a web page ${NEEDS_BROWSER}`, { timeout: SLOW_MS }, () => {
  let world: TinyWorld;
  let browser: Browser;
  let node: Extractor;
  let server: StaticServer;
  let exported: string;

  beforeAll(async () => {
    world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-web-")));
    const bundle = join(world.folder, "bundle");
    exported = join(world.folder, "web");
    await exportBundle({
      entities: await tinyModel(world, "mner", "pictures"),
      relations: await tinyModel(world, "mre", "pictures"),
      folder: bundle,
    });
    await exportWeb({ model: bundle, folder: exported });
    node = await load(bundle, { threads: 1 });
    server = await serveModels({ posts: exported });
    browser = await startBrowser();
  }, SLOW_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await node?.dispose();
    await rm(world.folder, { recursive: true });
  });

  /** Posts of the corpus, those with pictures among them. */
  async function posts() {
    const chosen = world.corpus.posts.validation.slice(0, 10);
    return Promise.all(
      chosen.map(async ({ id, text, image }) => ({
        text,
        image: image === undefined ? undefined : await readFile(join(world.folder, "pictures", `${id}.png`)),
      })),
    );
  }

  async function requireSameAsInNode(page: Page): Promise<void> {
    const found = { entities: 0, relations: 0, pictures: 0 };
    for (const { text, image } of await posts()) {
      const expected = await node.extract({ text, ...(image ? { image } : {}) });
      const seen = (await extractIn(page, { text, image })) as Extraction;
      expect(differenceOf(expected, seen)).toBeLessThan(ROUNDING);
      found.entities += seen.entities.length;
      found.relations += seen.relations.length;
      found.pictures += seen.visual === "picture" ? 1 : 0;
    }
    expect(Math.min(found.entities, found.relations, found.pictures)).toBeGreaterThan(0);
  }

  it("finds what it finds in Node, on one thread where the page is not isolated, and says so", async () => {
    const page = await openPage(browser, server);
    const model = (await loadIn(page, "posts")) as SeenModel;
    expect(model).toMatchObject({
      device: "wasm",
      threads: 1,
      labels: node.labels,
      entityTypes: node.entityTypes,
    });
    expect(model.notices).toEqual([
      expect.stringContaining("runs on the processor"),
      expect.stringContaining("cross-origin isolated"),
    ]);
    await requireSameAsInNode(page);
    await page.context().close();
  });

  it("finds the same with threads on an isolated page", async () => {
    const isolated = await serveModels({ posts: exported }, { isolated: true });
    try {
      const page = await openPage(browser, isolated);
      expect(await loadIn(page, "posts", { device: "wasm", threads: 2 })).toMatchObject({
        threads: 2,
        notices: [],
      });
      await requireSameAsInNode(page);
      await page.context().close();
    } finally {
      await isolated.close();
    }
  });

  it("takes everything from the cache the second time, and needs no server then", async () => {
    const page = await openPage(browser, server);
    const first = (await loadIn(page, "posts", { device: "wasm" })) as SeenModel;
    expect(first.progress.loaded).toBe(first.progress.total);
    expect(first.progress.cached).toBe(0);
    await reopen(page, server.origin);
    server.requests.length = 0;
    const second = (await loadIn(page, "posts", { device: "wasm" })) as SeenModel;
    expect(second.progress).toEqual({ ...first.progress, cached: first.progress.total });
    expect(server.requests.filter((path) => path.startsWith("/models/"))).toEqual([
      `/models/posts/${WEB_MANIFEST}`,
    ]);
    server.faults.set(WEB_MANIFEST, { kind: "broken-off", after: 10 });
    const offline = (await loadIn(page, "posts", { device: "wasm" })) as SeenModel;
    server.faults.clear();
    expect(offline.notices).toContainEqual(expect.stringContaining("could not be reached"));
    expect(await extractIn(page, { text: "Ada met Bo" })).toHaveProperty("entities");
    await page.context().close();
  });

  it("refuses files that are missing, damaged, cut off or not a record, each with a code", async () => {
    const page = await openPage(browser, server);
    const { entities } = JSON.parse(await readFile(join(exported, WEB_MANIFEST), "utf8")) as WebManifest;
    const [piece = ""] = entities?.network.weights.pieces ?? [];
    const spoiled = (content: Buffer) => {
      content[100] = content[100]! ^ 1;
      return content;
    };
    const cases = [
      [WEB_MANIFEST, { kind: "status", status: 404 }, "web/not-found"],
      [WEB_MANIFEST, { kind: "edit", edit: () => Buffer.from("<!doctype html>") }, "web/bad-manifest"],
      [
        WEB_MANIFEST,
        { kind: "edit", edit: () => Buffer.from('{"format":"relata-web"}') },
        "web/bad-manifest",
      ],
      [piece, { kind: "status", status: 404 }, "web/not-found"],
      [piece, { kind: "status", status: 503 }, "web/unreachable"],
      [piece, { kind: "edit", edit: spoiled }, "web/changed"],
      [piece, { kind: "edit", edit: (content: Buffer) => content.subarray(0, -4) }, "web/truncated"],
      [piece, { kind: "broken-off", after: 1000 }, "web/unreachable"],
    ] as const;
    for (const [file, fault, code] of cases) {
      server.faults.set(file, fault);
      const { error } = (await loadIn(page, "posts", { device: "wasm", cache: false })) as SeenError;
      server.faults.clear();
      expect([code, error?.code]).toEqual([code, code]);
      expect(error.message).toContain(file);
      expect(error.remedy).not.toBe("");
      expect(error.name).toBe("DataError");
    }
    await page.context().close();
  });

  it("says which option or part of the page is wrong", async () => {
    const page = await openPage(browser, server);
    const failing = async (options: object) =>
      ((await loadIn(page, "posts", options)) as SeenError).error?.code;
    expect(await failing({ device: "tpu" })).toBe("web/bad-option");
    expect(await failing({ threads: 0 })).toBe("web/bad-option");
    expect(await failing({ device: "webgpu" })).toBe("web/no-webgpu");
    expect(await failing({ device: "wasm", runtime: { wasm: "/nowhere.mjs" } })).toBe("web/no-runtime");
    await loadIn(page, "posts", { device: "wasm" });
    const broken = (await extractIn(page, { text: "Ada", image: Buffer.from("no picture") })) as Extraction;
    expect(broken).toMatchObject({ visual: "broken", visualError: { code: "encoder/not-a-picture" } });
    const wrong = (await extractIn(page, { text: "Ada" }, { threshold: 2 })) as SeenError;
    expect(wrong.error).toMatchObject({ name: "ConfigError", code: "config/wrong-extraction-option" });
    const gone = await page.evaluate(async () => {
      const { model } = globalThis as unknown as {
        model: { dispose(): Promise<void>; extract(post: object): Promise<unknown> };
      };
      await model.dispose();
      await model.dispose();
      return model.extract({ text: "Ada" }).catch((error: { code: string }) => error.code);
    });
    expect(gone).toBe("engine/disposed");
    await page.context().close();
  });
});
