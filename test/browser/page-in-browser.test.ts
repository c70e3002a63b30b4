// The page in a real browser, over a server that follows the API's contract: every part by mouse and by keyboard alone, in light, dark and on
// a phone; no foreign request, nothing in the console, the policy holds, axe finds no violation, text stands out from its ground.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrainingDocument } from "../../web/api/types.ts";
import { measureContrast } from "./contrast.ts";
import { type Fake, type FakeOptions, PICTURE, startFake } from "./page/fake-server.ts";

const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const START_MS = 120_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const TEXT = "Ann Lee met Bob Stone of the University of Prague team in Rome, says Maria";
const HOSTILE = `<img src=x onerror="globalThis.broken=1"><script>globalThis.broken=1</script>\u202e\u200b "Ann' & ${"x".repeat(300)} Bob\n\tשלום עולם مرحبا بالعالم 👨‍👩‍👧 `;
const DOCUMENTS: readonly TrainingDocument[] = Array.from({ length: 120 }, (_, i) => ({
  id: `tweets/${i}`,
  text: i === 3 ? HOSTILE : `${TEXT} on day ${i}`,
  ...(i % 2 === 0 ? { image: `p${i}.jpg` } : {}),
  entities: [],
  relations: [],
}));

describe.skipIf(!existsSync(BROWSER))(
  `the page in a browser (skipped without ${BROWSER}; CHROMIUM names another)`,
  { timeout: 240_000 }, // a browser is slow on a busy machine
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: BROWSER, args: ARGUMENTS });
    }, START_MS);
    afterAll(() => browser?.close());

    interface Opened {
      readonly page: Page;
      readonly fake: Fake;
      /** Console messages, page errors, dialogs, and requests elsewhere than to the server. */
      readonly complaints: string[];
      close(): Promise<void>;
    }

    async function open(
      part: string,
      options: FakeOptions = {},
      context: BrowserContextOptions = {},
    ): Promise<Opened> {
      const fake = await startFake(options);
      const session = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...context });
      const page = await session.newPage();
      page.setDefaultTimeout(120_000); // on a busy machine
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(`console: ${message.text()}`));
      page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
      page.on("request", (request) => {
        if (!request.url().startsWith(fake.url) && !request.url().startsWith("blob:")) {
          complaints.push(`request: ${request.url()}`);
        }
      });
      await page.goto(`${fake.url}#/${part}`);
      return {
        page,
        fake,
        complaints,
        async close() {
          await session.close();
          await fake.close();
        },
      };
    }

    const overflow = (page: Page) =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

    async function violations(page: Page): Promise<string[]> {
      await page.evaluate(AXE);
      return page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
      });
    }

    async function faint(page: Page): Promise<string[]> {
      const texts = await page.evaluate(measureContrast);
      expect(texts.length).toBeGreaterThan(5);
      return texts
        .filter(({ ratio, large }) => ratio < (large ? 3 : 4.5))
        .map(({ text, ratio }) => `${ratio.toFixed(2)} ${text}`);
    }

    const post = (page: Page) => page.getByRole("textbox", { name: "Post" });
    const picture = { name: "it's me.svg", mimeType: "image/svg+xml", buffer: PICTURE };

    async function readPost(page: Page, text: string): Promise<void> {
      await post(page).fill(text);
      await page.getByRole("button", { name: "Read the post" }).click();
      await page.getByRole("heading", { name: "What was found" }).waitFor();
    }

    async function fillAllParts(page: Page, visit: (part: string) => Promise<void>): Promise<void> {
      await page.getByLabel("Picture", { exact: true }).setInputFiles(picture);
      await readPost(page, TEXT);
      await page.getByText("The answer as JSON", { exact: true }).click();
      await visit("try");
      await page.getByRole("link", { name: "Batch" }).click();
      const lines = [
        ...DOCUMENTS.map(({ id, text }) => JSON.stringify({ id, text })),
        '{"id":"bad","text":"unreadable"}',
        "{",
      ];
      await page.getByLabel("File of posts").setInputFiles({
        name: "posts.jsonl",
        mimeType: "application/x-ndjson",
        buffer: Buffer.from(lines.join("\n")),
      });
      await page.getByRole("button", { name: "Read the posts" }).click();
      await page.getByText("121 of 121").waitFor();
      await visit("batch");
      await page.getByRole("link", { name: "Correct" }).click();
      await page.getByRole("application").focus();
      await page.getByRole("button", { name: "Take the model's answer" }).waitFor();
      await page.keyboard.press("ArrowRight");
      await visit("correct");
      await page.keyboard.press("?");
      await page.getByRole("heading", { name: "Keys of the editor" }).waitFor();
      await visit("keys");
      await page.keyboard.press("Escape");
      await page.getByRole("link", { name: "Mistakes" }).click();
      await page.getByRole("button", { name: "/per/per/peer taken for None: 9" }).click();
      await page.getByText("post 1").waitFor();
      await visit("mistakes");
      await page.getByRole("link", { name: "Views" }).click();
      await page.getByRole("heading", { name: "Generated views" }).waitFor();
      await page.getByText("number 5").waitFor();
      await visit("views");
    }

    const everything: FakeOptions = { models: 2, documents: DOCUMENTS, runs: true, views: true };

    for (const colorScheme of ["light", "dark"] as const) {
      it(`has no violation of accessibility rules, and enough contrast, in any part: ${colorScheme}`, async () => {
        const { page, complaints, close } = await open("try", everything, {
          colorScheme,
          reducedMotion: "reduce",
          bypassCSP: true,
        });
        await fillAllParts(page, async (part) => {
          expect([part, await violations(page)]).toEqual([part, []]);
          expect([part, await faint(page)]).toEqual([part, []]);
        });
        expect(complaints).toEqual([]);
        await close();
      });
    }

    it("fits a phone, a tablet and a desk in every part, under its strict policy and without a foreign request", async () => {
      const { page, complaints, close } = await open("try", everything);
      await fillAllParts(page, async (part) => {
        for (const width of [360, 768, 1440]) {
          await page.setViewportSize({ width, height: 900 });
          // Arcs are drawn again after the window has changed.
          await expect
            .poll(() => overflow(page), { timeout: 10_000, message: `${part} at ${width}` })
            .toBe(0);
        }
      });
      expect(complaints).toEqual([]);
      await close();
    });

    it("shows what was found, what the picture changed, and how to ask again", async () => {
      const { page, fake, complaints, close } = await open("try");
      await page.getByLabel("Picture", { exact: true }).setInputFiles(picture);
      await readPost(page, TEXT);
      const found = page.getByRole("region", { name: "What was found" });
      expect(await found.locator("mark small").allTextContents()).toContain("ORG");
      expect(await found.locator(".arc").count()).toBeGreaterThan(2);
      await expect(
        page.getByRole("region", { name: "Relations" }).locator("tbody tr").count(),
      ).resolves.toBeGreaterThan(2);
      const changed = await page.getByRole("region", { name: "What the picture changed" }).textContent();
      expect(changed).toContain("more probable with the picture: 41 %");
      expect(changed).toContain("politics → sport another label with the picture");
      expect(await page.locator(".region").count()).toBe(3);
      await page.getByRole("button", { name: "Crop 1: person, 92 %" }).focus();
      expect(await page.locator(".region.shown").count()).toBe(1);
      expect(await page.getByRole("region", { name: "Use of the picture by layer" }).textContent()).toContain(
        "26 %",
      );
      await page.getByText("The request as curl", { exact: true }).click();
      const curl = await page.getByRole("region", { name: "The request as curl" }).textContent();
      expect(curl).toContain(`${fake.url}v1/extract`);
      expect(curl).toContain(`it'\\''s me.svg`);
      expect(await page.getByRole("status").textContent()).toContain("entities and");
      expect(complaints).toEqual([]);
      await close();
    });

    it("keeps hostile text as text, shows what cannot be seen, and reads ten thousand characters with 200 entities", async () => {
      const { page, complaints, close } = await open("try", {}, { viewport: { width: 360, height: 800 } });
      await readPost(page, HOSTILE);
      expect(await page.evaluate(() => "broken" in globalThis)).toBe(false);
      expect(await page.locator(".annotated script, .annotated img").count()).toBe(0);
      const words = await page.locator(".annotated .invisible-character").allTextContents();
      expect(words).toEqual(expect.arrayContaining(["RLO", "zero width space", "tab"]));
      expect(await overflow(page)).toBe(0);
      await readPost(page, "Ann went from Rome to Paris with 12 others. ".repeat(240));
      await page.getByText("64 of 2,450 pairs were asked", { exact: true }).waitFor();
      expect(await page.locator(".annotated [data-entity]").count()).toBe(200);
      expect(await overflow(page)).toBe(0);
      expect(complaints).toEqual([]);
      await close();
    });

    it("says what the server refused and what to do", async () => {
      const { page, close } = await open("try");
      await post(page).fill("this is unreadable");
      await page.keyboard.press("Control+Enter");
      await page.getByRole("alert").waitFor();
      expect(await page.getByRole("alert").textContent()).toContain("Send another text.");
      await close();
    });

    it("asks for the server's token once, and again after a wrong one", async () => {
      const { page, close } = await open("try", { token: "secret" });
      await page.getByRole("textbox", { name: "Token" }).fill("wrong");
      await page.keyboard.press("Enter");
      await page.getByText("does not accept that token").waitFor();
      await page.getByRole("textbox", { name: "Token" }).fill("secret");
      await page.keyboard.press("Enter");
      await post(page).waitFor();
      expect(
        await page.evaluate(() => [localStorage.length, sessionStorage.getItem("relata-token")]),
      ).toEqual([0, "secret"]);
      await close();
    });

    it("reads a batch that is refused at first, cancels, resumes, filters and downloads", async () => {
      const { page, close } = await open("batch", { refuse: 2, delayMs: 15 });
      const lines = Array.from({ length: 150 }, (_, i) =>
        i === 140 ? "unreadable" : `Ann met Bob on day ${i}`,
      );
      await page
        .getByLabel("File of posts")
        .setInputFiles({ name: "days.txt", mimeType: "text/plain", buffer: Buffer.from(lines.join("\n")) });
      await page.getByRole("button", { name: "Read the posts" }).click();
      await page.getByText("The server is busy").waitFor();
      await page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 10);
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Resume" }).click();
      await page.getByText("150 of 150, 1 failed").waitFor();
      const list = page.getByRole("listbox", { name: "Results" });
      expect(await list.getByRole("option").count()).toBeLessThan(60);
      await list.focus();
      await page.keyboard.press("End");
      expect(await page.getByRole("region", { name: "Result", exact: true }).textContent()).toContain(
        "day 149",
      );
      await page.getByLabel("Which results").selectOption("failed");
      expect(await page.getByRole("region", { name: "Result", exact: true }).textContent()).toContain(
        "The text cannot be read",
      );
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download JSONL" }).click(),
      ]);
      const text = readFileSync(await download.path(), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(download.suggestedFilename()).toBe("days-found.jsonl");
      expect(text).toHaveLength(150);
      expect(text[140].meta.problem.code).toBe("data/blank-text");
      expect(text[3].entities[0]).toMatchObject({ start: 0, end: 3, text: "Ann" });
      await close();
    });

    it("corrects by keyboard alone: labels, edges, new entities and relations, undo, accept, reject", async () => {
      const { page, fake, complaints, close } = await open("correct", { documents: DOCUMENTS });
      await page.getByRole("button", { name: "Take the model's answer" }).waitFor();
      for (let i = 0; i < 40; i++) {
        if ((await page.evaluate(() => document.activeElement?.getAttribute("role"))) === "application")
          break;
        await page.keyboard.press("Tab");
      }
      const press = async (...keys: string[]) => {
        for (const key of keys) await page.keyboard.press(key);
      };
      const rows = (name: string) =>
        page.locator(".marks-lists > div", { hasText: name }).locator(".mark-row");
      /** The page draws after the key. */
      const number = (name: string) => expect.poll(() => rows(name).count(), { timeout: 10_000 });
      const before = await rows("Entities").count();
      await press("ArrowRight", "1", "f"); // Ann Lee: PER, its end one word on
      expect(await rows("Entities").first().textContent()).toContain("Ann Lee met");
      await press("Shift+D", "Shift+D", "Shift+D", "Shift+D"); // back by characters
      expect(await rows("Entities").first().textContent()).toMatch(/^Ann LeePER/);
      await press("e", "ArrowRight", "2"); // a new entity: "met"'s next word... labelled LOC
      await number("Entities").toBe(before + 1);
      await press("u");
      await number("Entities").toBe(before);
      await press("Shift+U", "x");
      await number("Entities").toBeLessThanOrEqual(before + 1);
      const relations = await rows("Relations").count();
      await press("Escape", "ArrowRight", "r", "ArrowRight", "ArrowRight", "l");
      await page.waitForFunction(() => document.activeElement?.tagName === "INPUT");
      await page.keyboard.type("contain");
      await press("Enter");
      await number("Relations").toBe(relations + 1);
      expect(await page.locator(".kept").textContent()).toContain("Draft kept in this browser");
      await press("v", "Enter");
      await page.getByLabel("Name").waitFor();
      await page.keyboard.type("Ann");
      await press("Enter");
      await page.waitForFunction(() => document.querySelector(".window-row .state-corrected") !== null);
      const saved = fake.saved.get("tweets/0");
      expect(saved).toMatchObject({ by: "Ann", state: "corrected" });
      expect(saved?.entities[0]).toEqual({ start: 0, end: 7, label: "PER" });
      expect(saved?.relations.at(-1)?.label).toBe("/org/loc/contain");
      await page.locator(".editor-foot", { hasText: "tweets/1" }).waitFor();
      await page.getByRole("button", { name: "Take the model's answer" }).waitFor();
      await press("n"); // the focus is in the next editor
      await page.waitForFunction(() => document.querySelector(".window-row .state-rejected") !== null);
      expect(fake.saved.get("tweets/1")?.state).toBe("rejected");
      await page.locator(".editor-foot", { hasText: "tweets/2" }).waitFor();
      await page.getByRole("button", { name: "Take the model's answer" }).waitFor();
      await press("Enter");
      await page.waitForFunction(() => document.querySelector(".window-row .state-accepted") !== null);
      expect(fake.saved.get("tweets/2")?.state).toBe("accepted");
      expect(complaints).toEqual([]);
      await close();
    });

    it("adds an entity from words that are selected with the mouse", async () => {
      const { page, close } = await open("correct", {
        documents: [{ id: "a", text: "the red bus stops here", entities: [], relations: [] }],
      });
      await page.getByRole("button", { name: "Take the model's answer" }).waitFor();
      await page
        .getByText("the red bus stops here")
        .last()
        .dblclick({ position: { x: 40, y: 12 } });
      await page.getByText("New entity: give it a label").waitFor();
      await page.getByRole("button", { name: "PER" }).click();
      expect(await page.locator(".marks-lists .mark-row").count()).toBe(1);
      await close();
    });

    it("corrects what was read in the page, keeps it over a reload, and downloads it", async () => {
      const { page, complaints, close } = await open("try");
      await readPost(page, TEXT);
      await page.getByRole("button", { name: "Correct it" }).click();
      await page.getByRole("button", { name: "Accept" }).click();
      await page.getByLabel("Name").fill("Ann");
      await page.keyboard.press("Enter");
      await page.getByText("Accepted by Ann").waitFor();
      await page.reload();
      await page.getByLabel("Which documents").selectOption("done");
      await page.getByText("Accepted by Ann").waitFor();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download corrected" }).click(),
      ]);
      const document = JSON.parse(readFileSync(await download.path(), "utf8"));
      expect(document).toMatchObject({ text: TEXT, meta: { annotation: { by: "Ann", state: "accepted" } } });
      expect(complaints).toEqual([]);
      await close();
    });

    it("lists the mistakes of a cell by keyboard, and views by either end of the score", async () => {
      const { page, fake, close } = await open("mistakes", { runs: true, views: true });
      await page.locator('[data-cell="0 1"]').focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "/per/per/peer taken for None" }).waitFor();
      await page.getByText("post 1").waitFor();
      await page.getByRole("button", { name: "Show more" }).click();
      await page.getByText("post 3").waitFor();
      await page.getByRole("link", { name: "Views" }).click();
      await page.getByText("number 5").waitFor();
      await page.getByLabel("Order by teacher").selectOption("-score");
      await page.getByText("number 5").waitFor();
      expect(fake.requests.filter((one) => one.includes("order=-score"))).toHaveLength(1);
      await close();
    });

    it("says how to start what the server does not offer", async () => {
      const { page, close } = await open("mistakes");
      await page.getByText("relata serve BUNDLE --run").waitFor();
      await page.getByRole("link", { name: "Views" }).click();
      await page.getByText("relata serve BUNDLE --views").waitFor();
      await page.getByRole("link", { name: "Correct" }).click();
      await page.getByText("relata serve BUNDLE --documents").waitFor();
      await close();
    });

    it("changes its colours by the arrow keys, and remembers them", async () => {
      const { page, close } = await open("try", {}, { colorScheme: "light" });
      await post(page).waitFor();
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await page.getByRole("radio", { name: "Dark" }).check({ force: true });
      const dark = await ground();
      expect(dark).not.toBe(light);
      await page.reload();
      await post(page).waitFor();
      expect(await ground()).toBe(dark);
      await page.getByRole("radio", { name: "Dark" }).focus();
      await page.keyboard.press("ArrowLeft");
      expect(await ground()).toBe(light);
      await close();
    });
  },
);
