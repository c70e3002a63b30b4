// The documents to correct while they are indexed, and what their file may have: posts that nobody has labelled, but no broken line.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeService } from "../testing/fake-service.ts";
import { testApp } from "../testing/serve-app.ts";
import { OpeningQueue } from "./opening-queue.ts";

let folder: string;
const notices: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-opening-"));
  notices.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

async function opening(lines: readonly (object | string)[]): Promise<OpeningQueue> {
  const documents = join(folder, "docs.jsonl");
  const text = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
  await writeFile(documents, text);
  return new OpeningQueue({
    ...{ documents, corrections: join(folder, "saved.jsonl"), pictures: undefined },
    ...{ service: new FakeService(), onNotice: (notice) => notices.push(notice) },
  });
}

it("says that they are not ready, and is ready when all are known", async () => {
  const opened = await opening([
    { id: "a", text: "Ada met Bo", entities: [{ start: 0, end: 3, label: "PER" }] },
  ]);
  expect(() => opened.queue).toThrow("indexed: 0 %");
  expect(opened.offer).toMatchObject({ indexed: 0, count: 0 });
  await opened.indexed;
  expect(opened.pending).toBeUndefined();
  expect(opened.offer).toMatchObject({ indexed: 1, count: 1, done: 0, labels: { entities: ["PER"] } });
  await opened.close();
});

it("keeps the server unready, which says how far it is", async () => {
  const { app, close } = testApp({ pending: () => "the documents to correct are indexed: 40 % ..." });
  const answer = await app.request("/readyz");
  expect([answer.status, await answer.json()]).toEqual([
    503,
    expect.objectContaining({ code: "serving/not-ready", detail: expect.stringContaining("40 %") }),
  ]);
  expect((await app.request("/healthz")).status).toBe(200);
  await close();
});

it("takes posts that nobody has labelled, with numbers as ids and with fields of their own", async () => {
  const opened = await opening([
    { id: 12345678901234567890n.toString(), text: "Ada", likes: 3 },
    '{"id": 7, "text": "Bo"}',
  ]);
  await opened.indexed;
  const { file } = opened.queue;
  expect([file.idAt(0), file.idAt(1)]).toEqual(["12345678901234567890", "7"]);
  expect(await file.read(0)).toMatchObject({ entities: [], relations: [], meta: { likes: 3 } });
  expect(await file.read(1)).toMatchObject({ id: "7", text: "Bo", entities: [] });
  await opened.close();
});

it("names the first line that cannot be used, and how many others there are", async () => {
  const opened = await opening([
    { id: "a", text: "Ada" },
    '{"id": "b", "text"',
    { id: "a", text: "again" },
    { id: "c", text: 7 },
  ]);
  await expect(opened.indexed).rejects.toMatchObject({
    code: "data/not-json",
    message: expect.stringMatching(/docs\.jsonl:2: .*; 2 other lines cannot be used either$/),
    remedy: expect.stringContaining("relata validate"),
  });
  await opened.close();
});

it("says that a file without documents has nothing to correct", async () => {
  const opened = await opening([]);
  await opened.indexed;
  expect(notices.join()).toContain("has no documents");
  await opened.close();
});

it("gives up when the server ends", async () => {
  const opened = await opening(Array.from({ length: 2000 }, (_, i) => ({ id: `d${i}`, text: "Ada" })));
  await opened.close();
  await expect(opened.indexed).rejects.toThrow("the server ends");
});
