// The report in a real browser: nothing is fetched, fails or overflows, and everything can be read and reached.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleReport, withTexts } from "../../src/report/testing/sample-report.ts";
import { writeReport } from "../../src/report/write-report.ts";
import { measureContrast } from "./contrast.ts";

const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const WIDTHS = [360, 768, 1440];
const START_MS = 120_000;
const A4_WITHOUT_MARGINS = 688; // 182 mm at 96 pixels per inch

describe.skipIf(!existsSync(BROWSER))(
  `a report in a browser (skipped without ${BROWSER}; CHROMIUM names another)`,
  { timeout: 180_000 }, // a browser is slow on a busy machine
  () => {
    let folder: string;
    let browser: Browser;
    let report: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "relata-browser-"));
      report = join(folder, "report.html");
      await writeReport(report, await sampleReport());
      browser = await chromium.launch({ executablePath: BROWSER, args: ARGUMENTS });
    }, START_MS);
    afterAll(async () => {
      await browser?.close();
      await rm(folder, { recursive: true });
    });

    interface Opened {
      readonly page: Page;
      /** Console messages, page errors, and requests other than for the page itself and its data URLs. */
      readonly complaints: string[];
    }

    async function open(options: BrowserContextOptions = {}, path = report): Promise<Opened> {
      const page = await browser.newPage(options);
      const complaints: string[] = [];
      const self = pathToFileURL(path).href;
      page.on("console", (message) => complaints.push(`console: ${message.text()}`));
      page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
      page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
      page.on("request", (request) => {
        if (request.url().split("#")[0] !== self && !request.url().startsWith("data:"))
          complaints.push(`request: ${request.url()}`);
      });
      await page.goto(self);
      return { page, complaints };
    }

    const at = (width: number, rest: BrowserContextOptions = {}) => ({
      viewport: { width, height: 900 },
      ...rest,
    });

    /** How many pixels the page is wider than the window. */
    const overflow = (page: Page) =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

    it("asks the network for nothing, reports no error and shows its pictures", async () => {
      const { page, complaints } = await open(at(1440));
      const pictures = await page
        .locator("img")
        .evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalWidth));
      expect(pictures).toEqual([64, 64, 64]);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("runs over its width at no size, folded or open", async () => {
      const { page } = await open(at(1440));
      for (const opened of [false, true]) {
        await page.locator("details").evaluateAll((all, opened) => {
          for (const one of all) (one as HTMLDetailsElement).open = opened;
        }, opened);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          expect([width, await overflow(page)]).toEqual([width, 0]);
        }
      }
      await page.close();
    });

    it("has text that stands out from its ground in light and dark", async () => {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page } = await open(at(1440, { colorScheme }));
        await page.locator("details").evaluateAll((all) => {
          for (const one of all) (one as HTMLDetailsElement).open = true;
        });
        const texts = await page.evaluate(measureContrast);
        expect(texts.length).toBeGreaterThan(150);
        expect(texts.filter(({ ratio, large }) => ratio < (large ? 3 : 4.5))).toEqual([]);
        await page.close();
      }
    });

    it("changes its colours by the buttons and by the arrow keys, whatever the system says", async () => {
      const { page } = await open(at(1440, { colorScheme: "light" }));
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await page.getByRole("radio", { name: "Dark" }).check({ force: true });
      const dark = await ground();
      expect(dark).not.toBe(light);
      await page.keyboard.press("ArrowLeft");
      expect(await ground()).toBe(light);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await ground()).toBe(light);
      await page.keyboard.press("ArrowLeft"); // back to the system's setting
      expect(await ground()).toBe(dark);
      await page.close();
    });

    it("can be walked through by keyboard in the order of reading", async () => {
      const { page } = await open(at(1440));
      const stops: string[] = [];
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        const stop = await page.evaluate(() => {
          const focused = document.activeElement;
          if (focused === null || focused === document.body) return undefined;
          const order = [...document.querySelectorAll("*")].indexOf(focused);
          const name = focused.getAttribute("aria-label") ?? focused.textContent ?? "";
          return { order, name: `${focused.tagName.toLowerCase()} ${name.slice(0, 24)}` };
        });
        if (stop === undefined) break;
        stops.push(`${String(stop.order).padStart(6, "0")} ${stop.name}`);
      }
      expect(stops).toEqual([...stops].sort());
      expect(stops[0]).toContain("a Skip to the content");
      expect(stops.filter((stop) => stop.includes("summary"))).toHaveLength(8);
      expect(stops.filter((stop) => stop.includes("div Systems"))).toHaveLength(1);
      await page.locator("summary").last().focus();
      await page.keyboard.press("Enter");
      expect(
        await page
          .locator("details")
          .last()
          .evaluate((one) => (one as HTMLDetailsElement).open),
      ).toBe(true);
      await page.close();
    });

    it("prints light and whole, without its navigation", async () => {
      const { page } = await open(at(A4_WITHOUT_MARGINS, { colorScheme: "dark" }));
      await page.emulateMedia({ media: "print" });
      expect(await overflow(page)).toBe(0);
      expect(await page.locator("nav").isVisible()).toBe(false);
      const clipped = await page.locator(".scroll").evaluateAll((frames) =>
        frames
          .filter((frame) => frame.getClientRects().length > 0)
          .filter(
            (frame) =>
              (frame.firstElementChild?.getBoundingClientRect().right ?? 0) > window.innerWidth + 0.5,
          )
          .map((frame) => frame.getAttribute("aria-label")),
      );
      expect(clipped).toEqual([]);
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
        "rgb(255, 255, 255)",
      );
      const texts = await page.evaluate(measureContrast);
      expect(texts.filter(({ ratio, large }) => ratio < (large ? 3 : 4.5))).toEqual([]);
      await page.close();
    });

    it("keeps hostile text as text, and within its width", async () => {
      const HOSTILE = `</title></style><script>globalThis.broken=1</script><img src="https://example.invalid/x" onerror="globalThis.broken=1"><iframe src="https://example.invalid/"></iframe>\u202e`;
      const path = join(folder, "hostile.html");
      await writeReport(
        path,
        withTexts(await sampleReport(), (text) => `${HOSTILE}${"x".repeat(200)} ${text}`),
      );
      const { page, complaints } = await open(at(360), path);
      expect(await page.evaluate(() => "broken" in globalThis)).toBe(false);
      expect(await page.locator("script, iframe, img[onerror]").count()).toBe(0);
      expect(await page.locator("h1").textContent()).toContain(HOSTILE);
      expect(await overflow(page)).toBe(0);
      expect(complaints).toEqual([]);
      await page.close();
    });
  },
);
