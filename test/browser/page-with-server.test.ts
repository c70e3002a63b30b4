// The page over `relata serve` itself, with a small model of the embedded corpus: what it shows is what the API answers, and what it saves is in the file.
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OwnServer, startOwnServer } from "../../src/checks/bench/serve/own-server.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { CLI } from "../cli/run-cli.ts";

const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const TOKEN = "a-token-of-the-page-test";
const DOCUMENTS = 4;
const BATCH = 12;

describe.skipIf(!existsSync(BROWSER))(
  `the page over a server with a model (skipped without ${BROWSER}; CHROMIUM names another)`,
  { timeout: 240_000 }, // a browser is slow on a busy machine
  () => {
    let folder: string;
    let world: TinyWorld;
    let server: OwnServer;
    let client: Client;
    let browser: Browser;
    let session: BrowserContext;
    const complaints: string[] = [];
    const corrected = () => join(folder, "corrected.jsonl");
    /** Those with a picture. */
    const posts = () => world.corpus.posts.validation.filter(({ image }) => image !== undefined);
    const pictureOf = (id: string) => join(folder, "pictures", `${id}.png`);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "relata-page-server-"));
      world = await tinyWorld(folder);
      const model = await tinyModel(world, "mner", "pictures");
      const lines = posts().map(({ id, text }) => JSON.stringify({ id, text, image: `${id}.png` }));
      await writeFile(join(folder, "documents.jsonl"), lines.slice(0, DOCUMENTS).join("\n"));
      await writeFile(join(folder, "batch.jsonl"), [...lines.slice(0, BATCH), "{"].join("\n"));
      await writeFile(join(folder, "tokens"), TOKEN);
      const files = [
        "--documents",
        "documents.jsonl",
        "--corrections",
        "corrected.jsonl",
        "--pictures",
        "pictures",
      ];
      const [documents = "", ...rest] = files.map((part) =>
        part.startsWith("--") ? part : join(folder, part),
      );
      server = await startOwnServer({
        args: [
          `people=${model}`,
          documents,
          ...rest,
          "--tokens-file",
          join(folder, "tokens"),
          "--threads",
          "1",
        ],
        program: CLI,
        signal: new AbortController().signal,
      });
      client = createClient({ url: server.url, token: TOKEN });
      browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox", "--disable-gpu"] });
      session = await browser.newContext();
    }, 300_000);
    afterAll(async () => {
      await browser?.close();
      await server?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    /** A new tab that knows the token. */
    async function open(part: string): Promise<Page> {
      const page = await session.newPage();
      page.setDefaultTimeout(120_000); // on a busy machine
      page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
      page.on("request", (request) => {
        if (!request.url().startsWith(server.url) && !request.url().startsWith("blob:"))
          complaints.push(`request: ${request.url()}`);
      });
      await page.goto(`${server.url}/#/${part}`);
      await page.getByRole("textbox", { name: "Token" }).fill(TOKEN);
      await page.keyboard.press("Enter");
      return page;
    }

    it("shows what the API answers to the same post, with what the picture did, under the server's own policy", async () => {
      const [post] = posts();
      if (post === undefined) throw new Error("the corpus has no post");
      const image = new Uint8Array(await readFile(pictureOf(post.id)));
      const answer = await client.extract({ text: post.text, image });
      const page = await open("try");
      await page.getByRole("textbox", { name: "Post" }).fill(post.text);
      await page.getByLabel("Picture", { exact: true }).setInputFiles(pictureOf(post.id));
      await page.keyboard.press("Tab");
      await page.getByRole("button", { name: "Read the post" }).click();
      const table = page.getByRole("region", { name: "Entities", exact: true }).locator("tbody th");
      await table.first().waitFor();
      expect(answer.entities.length).toBeGreaterThan(0);
      expect(await table.allTextContents()).toEqual(answer.entities.map(({ text }) => text));
      const layers = page.getByRole("region", { name: "Use of the picture by layer" }).locator("tbody tr");
      expect(await layers.count()).toBe(2); // the tiny encoder has two
      await page.close();
    });

    it("reads a file through a killed worker, and downloads what the API answers", async () => {
      const page = await open("batch");
      await page.getByLabel("File of posts").setInputFiles(join(folder, "batch.jsonl"));
      await page.getByText("One is not a post").waitFor();
      const images = (await readdir(join(folder, "pictures"))).map((name) => join(folder, "pictures", name));
      const wanted = new Set(
        posts()
          .slice(0, BATCH)
          .map(({ id }) => pictureOf(id)),
      );
      await page
        .getByLabel("Pictures", { exact: true })
        .setInputFiles(images.filter((name) => wanted.has(name)));
      for (const pid of await workersOf(server.process.pid ?? 0)) process.kill(pid, "SIGKILL");
      await page.getByRole("button", { name: "Read the posts" }).click();
      await page.getByText(`${BATCH} of ${BATCH}`, { exact: true }).waitFor();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download JSONL" }).click(),
      ]);
      const found = linesOf(await download.path());
      for (const [i, { id, text }] of posts().slice(0, BATCH).entries()) {
        const image = new Uint8Array(await readFile(pictureOf(id)));
        const { entities } = await client.extract({ text, image });
        const spans = (list: readonly { start: number; end: number; label: string }[]) =>
          list.map(({ start, end, label }) => [start, end, label]);
        expect(found[i]).toMatchObject({ id, image: `${id}.png` });
        expect(spans(found[i].entities)).toEqual(spans(entities));
      }
      await page.close();
    });

    it("loads again what another tab saved, keeps the own labels one undo away, and saves a new label", async () => {
      const [mine, theirs] = [await open("correct"), await open("correct")];
      const accept = (page: Page) => page.getByRole("button", { name: "Accept" }).click();
      const [{ id, text } = { id: "", text: "" }] = posts();
      for (const page of [mine, theirs]) {
        await page.locator(".window-row", { hasText: text }).first().click();
        await page.locator(".editor-foot", { hasText: id }).waitFor();
        await page.getByRole("button", { name: "Take the model's answer" }).waitFor();
      }
      const marks = (page: Page) => page.locator(".marks-lists .mark-row");
      const label = async (page: Page, text: string) => {
        await page.getByRole("application").focus();
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("l");
        await page.getByRole("combobox", { name: "type a part of it" }).fill(text);
        await page.keyboard.press("Enter");
        await marks(page).filter({ hasText: text }).first().waitFor();
      };
      await label(theirs, "human");
      await accept(theirs);
      await theirs.getByLabel("Name").fill("Mia");
      await theirs.keyboard.press("Enter");
      await theirs.locator(".window-row .state-corrected").waitFor();
      expect(linesOf(corrected())).toMatchObject([
        { id, meta: { annotation: { by: "Mia", state: "corrected" } } },
      ]);

      await label(mine, "robot");
      await accept(mine);
      await mine.getByText("serving/document-changed").waitFor();
      expect(linesOf(corrected())[0].entities[0].label).toBe("human");
      await mine.getByRole("button", { name: "Load what was saved" }).click();
      await marks(mine).filter({ hasText: "human" }).first().waitFor();
      await mine.keyboard.press("u");
      await marks(mine).filter({ hasText: "robot" }).first().waitFor();
      await accept(mine);
      await mine.locator(".window-row .state-corrected").waitFor();
      await expect.poll(() => linesOf(corrected())[0].entities[0].label, { timeout: 60_000 }).toBe("robot");
      expect(linesOf(corrected())).toHaveLength(1);
      // The next document's list of labels has the new one, without typing it again.
      const known = mine.getByRole("option", { name: /robot$/ });
      const listed = async () => {
        await mine.getByRole("application").focus(); // keys pressed before the next document is shown are lost
        await mine.keyboard.press("ArrowRight");
        await mine.keyboard.press("l");
        await known.waitFor({ timeout: 5_000 }).catch(() => mine.keyboard.press("Escape"));
        return known.count();
      };
      await expect.poll(listed, { timeout: 60_000 }).toBe(1);
      expect(complaints).toEqual([]);
    });
  },
);

const linesOf = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** The worker processes of a server, by Linux' list of children. */
async function workersOf(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.trim().split(" ").map(Number);
}
