// Pictures that the browser decodes have the pixels that they have in Node: exactly, or within 1 of 255 where decoders round differently.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StaticServer, serveStatic } from "../../scripts/static-server.mjs";
import { decodePicture } from "../../src/encoders/pictures/decode.ts";
import { hasBrowser, NEEDS_BROWSER, SLOW_MS, startBrowser } from "./web-page.ts";

const PAGE = `<script type="module">import * as pixels from "/module/pixels.js"; globalThis.pixels = pixels;</script>`;

/** A picture with every colour, soft and sharp edges. */
function picture() {
  const [width, height] = [67, 45];
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * i * 7 + (i % 3) * 90 + Math.floor(i / 301) * 5) % 256;
  return sharp(data, { raw: { width, height, channels: 3 } }).blur(0.8);
}

describe.skipIf(!hasBrowser)(`pixels in a web page ${NEEDS_BROWSER}`, { timeout: SLOW_MS }, () => {
  let folder: string;
  let server: StaticServer;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "relata-pixels-"));
    const entry = resolve(import.meta.dirname, "../../src/browser/picture-pixels.ts");
    await build({
      configFile: false,
      logLevel: "error",
      publicDir: false,
      build: {
        outDir: folder,
        emptyOutDir: false,
        lib: { entry, formats: ["es"], fileName: () => "pixels.js" },
      },
    });
    server = await serveStatic({ "/": { page: PAGE }, "/module/": folder });
    browser = await startBrowser();
  }, SLOW_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true });
  });

  it("are those in Node for every format, whatever the file says about colours and orientation", async () => {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/`);
    await page.waitForFunction(() => "pixels" in globalThis, undefined, { timeout: SLOW_MS });
    const pixels = (bytes: Uint8Array) =>
      page.evaluate(async (encoded) => {
        const { pixels } = globalThis as unknown as {
          pixels: typeof import("../../src/browser/picture-pixels.ts");
        };
        const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
        try {
          const { width, height, data } = await pixels.pixelsOf(bytes, "the picture");
          return { width, height, data: [...data] };
        } catch (error) {
          return { code: (error as { readonly code: string }).code };
        }
      }, Buffer.from(bytes).toString("base64"));
    const files = [
      [0, await picture().jpeg().toBuffer()],
      [0, await picture().jpeg({ chromaSubsampling: "4:4:4", progressive: true }).toBuffer()],
      [0, await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
      [0, await picture().withIccProfile("p3").jpeg().toBuffer()],
      [0, await picture().greyscale().jpeg().toBuffer()],
      [1, await picture().toColourspace("cmyk").jpeg().toBuffer()],
      [0, await picture().png().toBuffer()],
      [0, await picture().png({ palette: true }).toBuffer()],
      [1, await picture().ensureAlpha(0.5).png().toBuffer()],
      [0, await picture().webp({ lossless: true }).toBuffer()],
      [0, await picture().gif().toBuffer()],
    ] as const;
    for (const [i, [most, bytes]] of files.entries()) {
      const expected = await decodePicture(bytes);
      const seen = await pixels(bytes);
      expect([i, seen.width, seen.height, seen.data?.length]).toEqual([
        i,
        expected.width,
        expected.height,
        expected.data.length,
      ]);
      const difference = seen.data?.reduce(
        (top, value, at) => Math.max(top, Math.abs(value - expected.data[at]!)),
        0,
      );
      expect([i, difference]).toEqual([i, expect.toSatisfy((value: number) => value <= most)]);
    }
    expect(await pixels(await picture().tiff().toBuffer())).toEqual({ code: "encoder/not-a-picture" });
    expect(await pixels(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"))).toEqual({
      code: "encoder/not-a-picture",
    });
    const cut = (await picture().png().toBuffer()).subarray(0, 60);
    expect(await pixels(cut)).toEqual({ code: "encoder/picture-broken" });
    await page.close();
  });
});
