// The example page without a server: loads a model, reads a post with a picture, and shows what was found; keyboard, names, colours and widths are in order.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StaticServer, serveStatic } from "../../scripts/static-server.mjs";
import { exportBundle } from "../../src/extract/export-bundle.ts";
import { load } from "../../src/extract/load.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { exportWeb } from "../../src/extract/web/export-web.ts";
import { hasBrowser, NEEDS_BROWSER, SLOW_MS, startBrowser } from "./web-page.ts";

const ROOT = resolve(import.meta.dirname, "../..");

describe.skipIf(!hasBrowser)(`the example page ${NEEDS_BROWSER}`, { timeout: SLOW_MS }, () => {
  let world: TinyWorld;
  let server: StaticServer;
  let browser: Browser;
  let bundle: string;
  beforeAll(async () => {
    world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-example-page-")));
    bundle = join(world.folder, "bundle");
    await exportBundle({
      entities: await tinyModel(world, "mner", "pictures"),
      relations: await tinyModel(world, "mre", "pictures"),
      folder: bundle,
    });
    await exportWeb({ model: bundle, folder: join(world.folder, "web") });
    server = await serveStatic({
      "/": join(ROOT, "examples/web-page"),
      "/relata/": join(ROOT, "dist/web"),
      "/onnxruntime/": join(ROOT, "node_modules/onnxruntime-web/dist"),
      "/model/": join(world.folder, "web"),
    });
    browser = await startBrowser();
  }, SLOW_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(world.folder, { recursive: true });
  });

  it("finds what Node finds in a post with a picture, and asks nobody else", async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(server.origin))
        complaints.push(request.url());
    });
    await page.goto(`${server.origin}/`);
    await page.getByLabel("A post").waitFor({ timeout: SLOW_MS });
    const post = world.corpus.posts.validation.find(({ image }) => image !== undefined)!;
    const image = join(world.folder, "pictures", `${post.id}.png`);
    await page.getByLabel("A post").fill(post.text);
    await page.getByLabel("Its picture").setInputFiles(image);
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByRole("heading", { name: "Found" }).waitFor({ timeout: SLOW_MS });
    await using model = await load(bundle, { threads: 1 });
    const found = await model.extract({ text: post.text, image });
    expect(found.entities.length).toBeGreaterThan(0);
    const shown = await page
      .locator("mark")
      .evaluateAll((all) => all.map((one) => one.firstChild?.textContent));
    expect(shown).toEqual(found.entities.map(({ text }) => text));
    expect(await page.locator("tbody tr").count()).toBe(found.relations.length);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => {
        const { axe: checker } = globalThis as unknown as { axe: typeof import("axe-core") };
        return (await checker.run()).violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
      });
      expect(violations).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says what is wrong when the model is not there", async () => {
    const page = await browser.newPage();
    server.faults.set("relata-web.json", { kind: "status", status: 404 });
    await page.goto(`${server.origin}/`);
    const alert = page.getByRole("alert");
    await alert.waitFor({ timeout: SLOW_MS });
    server.faults.clear();
    expect(await alert.textContent()).toContain("does not exist (HTTP 404)");
    await page.close();
  });
});
