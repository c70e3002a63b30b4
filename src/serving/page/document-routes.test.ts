// The routes of documents to correct, over a service that finds capitalised words (0.75) and relates the first two (0.5).
import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DataError } from "../../base/errors.ts";
import { readDocuments } from "../../data/readers.ts";
import { FakeService } from "../testing/fake-service.ts";
import { type TestApp, testApp } from "../testing/serve-app.ts";
import { openPageData, type PageData } from "./page-data.ts";

const ODD_ID = "a/b?c#d é%2F..";
const TEXTS = {
  two: "Ada met Bo",
  one: "only Ada here",
  none: "nobody here",
  [ODD_ID]: "Cy met Di",
};

let folder: string;
let service: FakeService;
let page: PageData;
let made: TestApp;
const notices: string[] = [];
const at = (name: string) => join(folder, name);

async function open(): Promise<void> {
  service = new FakeService();
  page = await openPageData({
    settings: {
      documents: at("docs.jsonl"),
      corrections: at("saved.jsonl"),
      pictures: at("pictures"),
      run: [],
      views: undefined,
    },
    service,
    onNotice: (notice) => notices.push(notice),
  });
  await page.indexed;
  made = testApp({ doors: [page.door] });
}

async function close(): Promise<void> {
  await page.close();
  await made.close();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-page-"));
  notices.length = 0;
  await mkdir(at("pictures"));
  await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .png()
    .toFile(at("pictures/red.png"));
  await writeFile(at("secret.png"), await readFile(at("pictures/red.png")));
  await symlink(at("secret.png"), at("pictures/leads-out.png"));
  await writeFile(at("pictures/page.png"), "<html>no picture</html>");
  const image: Record<string, string> = { two: "red.png", one: "leads-out.png", none: "../secret.png" };
  const lines = Object.entries(TEXTS).map(([id, text]) =>
    JSON.stringify({
      id,
      text,
      image: image[id] ?? "page.png",
      entities: [],
      relations: [],
      meta: { from: id },
    }),
  );
  await writeFile(at("docs.jsonl"), `${lines.join("\n")}\n`);
  await open();
});
afterEach(async () => {
  await close();
  await rm(folder, { recursive: true });
});

const json = async (response: Response) => (await response.json()) as Record<string, never>;
const get = async (path: string) => made.app.request(path);
const pathOf = (id: string) => `/v1/page/documents/${encodeURIComponent(id)}`;
const correction = (over: object = {}) => ({
  entities: [{ start: 0, end: 3, label: "NAME", probability: 0.75, text: "Ada" }],
  relations: [],
  state: "corrected",
  by: "Mia",
  ...over,
});
const put = (id: string, body: object, headers: Record<string, string> = {}) =>
  made.app.request(pathOf(id), {
    method: "PUT",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
const saved = async () =>
  (await readFile(at("saved.jsonl"), "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

async function untilRead(count: number): Promise<void> {
  for (;;) {
    const { documents } = (await json(await get("/v1/page"))) as never as { documents: { read: number } };
    if (documents.read === count) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function idsOf(query: string): Promise<{ ids: string[]; next?: string }> {
  const { documents, next } = (await json(await get(`/v1/page/documents?${query}`))) as never as {
    documents: { id: string }[];
    next?: string;
  };
  return { ids: documents.map(({ id }) => id), ...(next === undefined ? {} : { next }) };
}

describe("the queue", () => {
  it("gives documents by uncertainty once the model has read them, 1 minus its lowest probability, page by page", async () => {
    expect((await idsOf("")).ids).toHaveLength(4);
    await untilRead(4);
    const first = await idsOf("limit=2");
    expect(first.ids).toEqual(["two", ODD_ID]); // 0.5 each: a relation of 0.5
    const second = await idsOf(`limit=2&after=${encodeURIComponent(first.next ?? "")}`);
    expect(second).toEqual({ ids: ["one", "none"] }); // 0.25, 0
    expect(await json(await get("/v1/page/documents?limit=1"))).toMatchObject({
      documents: [{ id: "two", text: "Ada met Bo", image: true, uncertainty: 0.5, state: "open" }],
    });
    expect(service.jobs.every(({ caller }) => caller !== undefined)).toBe(true);
  });

  it("gives the order of the file when asked, and only the wanted states", async () => {
    await put("one", correction({ entities: [{ start: 5, end: 8, label: "NAME" }] }));
    expect((await idsOf("order=file&state=all")).ids).toEqual(["two", "one", "none", ODD_ID]);
    expect((await idsOf("order=file&state=open")).ids).toEqual(["two", "none", ODD_ID]);
    expect((await idsOf("order=file&state=done")).ids).toEqual(["one"]);
    expect(await json(await get("/v1/page"))).toMatchObject({
      documents: { count: 4, done: 1, pictures: true },
    });
  });

  it("does not ask the model again after a restart", async () => {
    await idsOf("");
    await untilRead(4);
    await close();
    await open();
    await idsOf("");
    await untilRead(4);
    expect(service.jobs).toEqual([]);
    expect((await idsOf("")).ids).toEqual(["two", ODD_ID, "one", "none"]);
  });

  it.each(["limit=0", "limit=1000", "order=best", "after=x", "what=1"])("refuses %s", async (query) => {
    const response = await get(`/v1/page/documents?${query}`);
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({ code: "serving/bad-request" });
  });
});

describe("a document", () => {
  it("is saved with who, when and which model proposed it, and can be trained on as it is", async () => {
    const opened = await json(await get(pathOf("two")));
    expect(opened).toMatchObject({
      document: { id: "two", entities: [] },
      predicted: { entities: [{ text: "Ada", label: "NAME" }, { text: "Bo" }] },
      state: "open",
    });
    const answer = await put(
      "two",
      correction({
        entities: [
          { start: 0, end: 3, label: "NAME" },
          { start: 8, end: 10, label: "NAME" },
        ],
        relations: [{ head: 0, tail: 1, label: "next to" }],
      }),
    );
    expect([answer.status, (await json(answer)).state]).toEqual([200, "corrected"]);
    await put("none", correction({ entities: [], state: "rejected" }));
    await put(ODD_ID, correction({ entities: [], state: "accepted", by: "  Noé 🎉 " }));
    const { documents } = await readDocuments(at("saved.jsonl"));
    expect(documents).toEqual([
      {
        id: "two",
        text: "Ada met Bo",
        image: "red.png",
        entities: [
          { start: 0, end: 3, label: "NAME" },
          { start: 8, end: 10, label: "NAME" },
        ],
        relations: [{ head: 0, tail: 1, label: "next to" }],
        meta: {
          from: "two",
          annotation: {
            by: "Mia",
            at: expect.stringMatching(/^\d{4}-.*Z$/),
            state: "corrected",
            model: "posts",
            version: "0123456789ab",
          },
        },
      },
      expect.objectContaining({
        id: ODD_ID,
        meta: expect.objectContaining({ annotation: expect.objectContaining({ by: "Noé 🎉" }) }),
      }),
    ]);
    expect(await readFile(at("saved.rejected.jsonl"), "utf8")).toContain('"id":"none"');
    expect(await (await get("/v1/page/corrections.jsonl")).text()).toBe(
      await readFile(at("saved.jsonl"), "utf8"),
    );
    expect(await json(await get(pathOf("two")))).toMatchObject({
      state: "corrected",
      savedBy: "Mia",
      document: { relations: [{ label: "next to" }] },
    });
  });

  it("has one line however often it is saved, and moves between the files with its state", async () => {
    for (const id of ["two", "one"]) await put(id, correction({ entities: [] }));
    await put("two", correction({ entities: [], by: "Bob" }));
    expect((await saved()).map(({ id, meta }) => [id, meta.annotation.by])).toEqual([
      ["one", "Mia"],
      ["two", "Bob"],
    ]);
    await put("one", correction({ entities: [], state: "rejected" }));
    expect((await saved()).map(({ id }) => id)).toEqual(["two"]);
    await put("one", correction({ entities: [], state: "accepted" }));
    expect((await saved()).map(({ id }) => id)).toEqual(["two", "one"]);
    expect(await readFile(at("saved.rejected.jsonl"), "utf8")).toBe("");
    expect(await json(await get(pathOf("one")))).toMatchObject({ state: "accepted" });
  });

  it("is not overwritten by a tab that opened it before another saved it", async () => {
    const { etag } = await json(await get(pathOf("two")));
    const headers = { "if-match": etag as string };
    expect((await put("two", correction(), headers)).status).toBe(200);
    const late = await put("two", correction({ by: "Late" }), headers);
    expect([late.status, (await json(late)).code]).toEqual([412, "serving/document-changed"]);
    const again = await json(await get(pathOf("two")));
    expect((await put("two", correction({ by: "Late" }), { "if-match": again.etag! })).status).toBe(200);
    expect((await put("two", correction(), { "if-match": "no quotes" })).status).toBe(400);
  });

  it("lets one of many saves at the same moment through, and keeps the file whole", async () => {
    const { etag } = await json(await get(pathOf("two")));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        put("two", correction({ by: `tab ${i}` }), { "if-match": etag as string }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
    await Promise.all(["one", "none", ODD_ID, "two"].map((id) => put(id, correction({ entities: [] }))));
    expect((await saved()).map(({ id }) => id).sort()).toEqual(["none", "one", "two", ODD_ID].sort());
  });

  it.each([
    [
      "a span outside the text",
      { entities: [{ start: 0, end: 99, label: "NAME" }] },
      422,
      "data/span-out-of-range",
    ],
    [
      "a relation of nothing",
      { relations: [{ head: 0, tail: 7, label: "next to" }] },
      422,
      "data/relation-index-out-of-range",
    ],
    ["an unknown label", { entities: [{ start: 0, end: 3, label: "NAMES" }] }, 422, "serving/unknown-label"],
    ["nobody", { by: " " }, 400, "serving/bad-request"],
    ["another state", { state: "open" }, 400, "serving/bad-request"],
    ["another text", { text: "other" }, 400, "serving/bad-request"],
  ])("is refused with %s, and nothing is written", async (_, over, status, code) => {
    const answer = await put("two", correction(over));
    expect([answer.status, (await json(answer)).code]).toEqual([status, code]);
    expect(await saved()).toEqual([]);
  });

  it("may have a new label if that is meant", async () => {
    const body = correction({ entities: [{ start: 0, end: 3, label: "PERSON" }], newLabels: true });
    expect((await put("two", body)).status).toBe(200);
    expect((await put("one", { ...body, newLabels: false })).status).toBe(200); // it is known now
    const { documents } = (await json(await get("/v1/page"))) as never as { documents: { labels: object } };
    expect(documents.labels).toEqual({ entities: ["PERSON"], relations: [], categories: [] });
  });

  it.each(["..", "../docs", "%2e%2e%2fdocs", "__proto__", "constructor", "\u0000", "x".repeat(5000), "two "])(
    "does not exist under the hostile id %j",
    async (id) => {
      for (const path of [pathOf(id), `${pathOf(id)}/picture`]) expect((await get(path)).status).toBe(404);
      expect((await put(id, correction())).status).toBe(404);
      expect(existsSync(at("saved.jsonl"))).toBe(true);
      expect(await saved()).toEqual([]);
    },
  );

  it("can be corrected when the model cannot read it", async () => {
    made.service.before = () => {
      throw Object.assign(new Error("lost"), {}); // not a refusal: the server's own fault
    };
    expect((await get(pathOf("two"))).status).toBe(500);
    const { RelataError } = await import("../../base/errors.ts");
    made.service.before = () => {
      throw new RelataError({ code: "serving/queue-full", message: "full", remedy: "wait", fault: "work" });
    };
    const opened = await json(await get(pathOf("two")));
    expect(opened.predicted).toBeUndefined();
    expect(opened).toMatchObject({
      predictedProblem: { code: "serving/queue-full" },
      document: { id: "two" },
    });
  });
});

describe("a picture", () => {
  it("is sent with its type, and never from outside the folder", async () => {
    const response = await get(`${pathOf("two")}/picture`);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "image/png"]);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(await readFile(at("pictures/red.png")));
    for (const id of ["one", "none"]) expect((await get(`${pathOf(id)}/picture`)).status).toBe(404);
    const page = await get(`${pathOf(ODD_ID)}/picture`);
    expect([page.status, (await json(page)).code]).toEqual([422, "encoder/not-a-picture"]);
  });
});

describe("the file of corrections", () => {
  const second = () =>
    openPageData({
      settings: {
        documents: at("docs.jsonl"),
        corrections: at("saved.jsonl"),
        pictures: undefined,
        run: [],
        views: undefined,
      },
      service,
      onNotice: (notice) => notices.push(notice),
    });

  it("is refused to a second server", async () => {
    const { indexed, close } = await second();
    await expect(indexed).rejects.toMatchObject({ code: "data/output-locked" } satisfies Partial<DataError>);
    await close();
  });

  it("loses only the line that a crash cut off, and says so", async () => {
    await put("two", correction());
    await put("one", correction({ entities: [] }));
    await close();
    const whole = await readFile(at("saved.jsonl"), "utf8");
    await appendFile(at("saved.jsonl"), whole.slice(0, 60));
    await open();
    expect(notices.join("\n")).toMatch(/saved\.jsonl:3 was cut off in the middle of writing/);
    expect(await readFile(at("saved.jsonl"), "utf8")).toBe(whole);
    await put("none", correction({ entities: [] }));
    expect((await saved()).map(({ id }) => id)).toEqual(["two", "one", "none"]);
  });

  it("keeps the newer line of a document that a crash left in both files", async () => {
    await put("two", correction());
    await close();
    const [line] = await saved();
    const { annotation } = line.meta;
    const newer = {
      ...line,
      meta: {
        ...line.meta,
        annotation: { ...annotation, state: "rejected", at: "2999-01-01T00:00:00.000Z" },
      },
    };
    await writeFile(at("saved.rejected.jsonl"), `${JSON.stringify(newer)}\n`);
    await open();
    expect(await json(await get(pathOf("two")))).toMatchObject({ state: "rejected" });
    expect(await saved()).toEqual([]);
    expect(notices.join("\n")).toContain('"two" was in both files');
  });

  it("is not the file of documents, under any name", async () => {
    await symlink(at("docs.jsonl"), at("same.jsonl"));
    for (const name of ["docs.jsonl", "same.jsonl", "pictures/../docs.jsonl"]) {
      const settings = { pictures: undefined, run: [], views: undefined };
      await expect(
        openPageData({
          settings: { ...settings, documents: at("docs.jsonl"), corrections: at(name) },
          service,
          onNotice: () => undefined,
        }),
      ).rejects.toMatchObject({
        code: "config/contradiction",
        message: expect.stringContaining("same file"),
      });
    }
  });

  it("needs documents, and documents need it", async () => {
    for (const half of ["documents", "corrections"] as const) {
      const settings = {
        documents: undefined,
        corrections: undefined,
        pictures: undefined,
        run: [],
        views: undefined,
      };
      await expect(
        openPageData({
          settings: { ...settings, [half]: at("docs.jsonl") },
          service,
          onNotice: () => undefined,
        }),
      ).rejects.toMatchObject({ code: "config/contradiction" });
    }
  });
});
