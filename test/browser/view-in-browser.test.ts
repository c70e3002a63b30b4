// The page of posts in a real browser: its filters and its search, and that it is whole, readable and reachable without them.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeView } from "../../src/report/view/write-view.ts";
import { measureContrast } from "./contrast.ts";

const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const START_MS = 120_000;

const HOSTILE =
  '</script><script>globalThis.broken=1</script><img src=x onerror="globalThis.broken=1">\u202e';
const post = (id: string, text: string, probability: number, more: object = {}) => ({
  id,
  text: `Ada met ${text}`,
  entities: [
    { start: 0, end: 3, label: "PERSON", probability },
    { start: 8, end: 8 + text.length, label: "PLACE" },
    { start: 0, end: 8 + text.length, label: "LONG" },
  ],
  relations: [{ head: 0, tail: 1, label: id === "c" ? "left" : "visited", probability }],
  ...more,
});
const POSTS = [
  post("a", "Rome", 0.2),
  post("b", "Zürich", 0.6),
  post("c", "Cork", 0.9, { meta: { gold: { entities: [], relations: [] } } }),
  post(HOSTILE, `${HOSTILE}${"x".repeat(10_000)}`, 0.9),
];

describe.skipIf(!existsSync(BROWSER))(
  `a page of posts in a browser (skipped without ${BROWSER}; CHROMIUM names another)`,
  { timeout: 180_000 }, // a browser is slow on a busy machine
  () => {
    let folder: string;
    let browser: Browser;
    let url: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "relata-view-browser-"));
      const documents = join(folder, "posts.jsonl");
      await writeFile(documents, POSTS.map((one) => `${JSON.stringify(one)}\n`).join(""));
      const { path } = await writeView({ documents, path: join(folder, "posts.html"), title: HOSTILE });
      url = pathToFileURL(path).href;
      browser = await chromium.launch({ executablePath: BROWSER, args: ARGUMENTS });
    }, START_MS);
    afterAll(async () => {
      await browser?.close();
      await rm(folder, { recursive: true });
    });

    async function open(options: BrowserContextOptions = {}) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => {
        if (request.url() !== url && !request.url().startsWith("data:")) complaints.push(request.url());
      });
      await page.goto(url);
      return { page, complaints };
    }

    const visible = (page: Page) =>
      page.locator(".post:visible").evaluateAll((all) => all.map((one) => one.getAttribute("data-id")));

    it("filters by label, probability, words and difference, and says how many posts are left", async () => {
      const { page, complaints } = await open();
      const left = async () => [
        await page.locator("#shown").textContent(),
        (await visible(page)).slice(0, 3),
      ];
      expect((await left())[0]).toBe("All 4 posts are shown.");
      await page.getByLabel("Words or an id").fill("zÜRICH");
      await expect.poll(left).toEqual(["1 of 4 posts are shown.", ["b"]]);
      await page.getByLabel("Words or an id").fill("PERSON"); // a label, which is not in the text
      await expect.poll(left).toEqual(["0 of 4 posts are shown.", []]);
      await page.getByLabel("Words or an id").fill("");
      await page.getByLabel("only posts that differ").check();
      await expect.poll(left).toEqual(["1 of 4 posts are shown.", ["c"]]);
      await page.getByLabel("only posts that differ").uncheck();
      await page.getByRole("button", { name: "none entities" }).click();
      await page.getByRole("checkbox", { name: "visited" }).uncheck();
      await expect.poll(left).toEqual(["1 of 4 posts are shown.", ["c"]]);
      expect(await page.locator(".post:visible li:visible").count()).toBe(1);
      expect(await page.locator(".post:visible mark small:visible").count()).toBe(0);
      await page.getByRole("checkbox", { name: "visited" }).check();
      await page.getByLabel("Least probability").fill("0.5");
      await expect.poll(async () => (await visible(page)).length).toBe(3);
      expect(complaints).toEqual([]);
      await page.close();
    });

    it("draws the lines of overlapping mentions at different heights", async () => {
      const { page } = await open();
      const bottoms = await page
        .locator(".post .marked")
        .first()
        .locator("mark")
        .evaluateAll((all) =>
          all.map((one) => [one.textContent, Math.round(one.getBoundingClientRect().bottom)]),
        );
      const of = (label: string) =>
        bottoms.filter(([text]) => String(text).includes(label)).map(([, y]) => Number(y));
      expect(of("LONG")[0]).toBeGreaterThan(Math.max(...of("PLACE").slice(-1)) + 2);
      await page.close();
    });

    it("is whole without its script, and runs none of another's", async () => {
      const { page } = await open({ javaScriptEnabled: false });
      expect(await page.locator(".post:visible").count()).toBe(4);
      expect(await page.locator("input:visible:not([name=theme])").count()).toBe(0);
      expect(await page.getByText("PERSON", { exact: true }).first().isVisible()).toBe(true);
      await page.close();
      const scripted = await open();
      expect(await scripted.page.evaluate(() => "broken" in globalThis)).toBe(false);
      expect(await scripted.page.locator("script").count()).toBe(1);
      await scripted.page.close();
    });

    it("fits every width, and can be read in light and dark", async () => {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page } = await open({ colorScheme });
        for (const width of [360, 768, 1440]) {
          await page.setViewportSize({ width, height: 900 });
          const over = () =>
            page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          expect([width, await over()]).toEqual([width, 0]);
        }
        const texts = await page.evaluate(measureContrast);
        expect(texts.length).toBeGreaterThan(40);
        expect(texts.filter(({ ratio, large }) => ratio < (large ? 3 : 4.5))).toEqual([]);
        await page.close();
      }
    });

    it("names everything that can be changed, and has unique ids and headings in order", async () => {
      const { page } = await open();
      const faults = await page.evaluate(() => {
        const unnamed = [...document.querySelectorAll("input, button, img, aside, nav")].filter(
          (one) =>
            !(one as HTMLInputElement).labels?.length &&
            !one.getAttribute("aria-label") &&
            !one.hasAttribute("alt") &&
            one.textContent?.trim() === "",
        );
        const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
        const doubled = ids.filter((id, i) => ids.indexOf(id) !== i);
        const dangling = [...document.querySelectorAll("[aria-labelledby], label[for]")]
          .map((one) => one.getAttribute("aria-labelledby") ?? one.getAttribute("for") ?? "")
          .filter((id) => document.getElementById(id) === null);
        const levels = [...document.querySelectorAll("main :is(h1,h2,h3,h4)")].map((one) =>
          Number(one.tagName[1]),
        );
        const jumps = levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1);
        return { unnamed: unnamed.map((one) => one.outerHTML), doubled, dangling, jumps };
      });
      expect(faults).toEqual({ unnamed: [], doubled: [], dangling: [], jumps: [] });
      await page.close();
    });
  },
);
