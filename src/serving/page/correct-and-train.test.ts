// From corrected documents to a model: what a person saved through the routes is what training reads.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readDocuments } from "../../data/readers.ts";
import { load } from "../../extract/load.ts";
import { tinyModel, tinyWorld } from "../../extract/testing/tiny-models.ts";
import { FakeService } from "../testing/fake-service.ts";
import { testApp } from "../testing/serve-app.ts";
import { openPageData } from "./page-data.ts";

it("trains on corrected documents as they were saved, with a new label, and on no rejected one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "relata-correct-"));
  const world = await tinyWorld(folder);
  const corrections = join(folder, "corrected.jsonl");
  const page = await openPageData({
    settings: { documents: world.files.train, corrections, pictures: undefined, run: [], views: undefined },
    service: new FakeService(),
    onNotice: () => undefined,
  });
  await page.indexed;
  const made = testApp({ doors: [page.door] });
  const { documents } = await readDocuments(world.files.train);
  const human = documents.map(({ entities }) => entities.map((entity) => ({ ...entity, label: "human" })));
  for (const [i, { id, relations }] of documents.entries()) {
    const answer = await made.app.request(`/v1/page/documents/${encodeURIComponent(id)}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        entities: human[i],
        relations,
        state: i % 8 === 7 ? "rejected" : "corrected",
        by: "Mia",
        newLabels: true,
      }),
    });
    expect(answer.status).toBe(200);
  }
  await page.close();
  await made.close();
  const validation = join(folder, "human-validation.jsonl");
  await writeFile(
    validation,
    (await readFile(world.files.validation, "utf8")).replaceAll('"label":"person"', '"label":"human"'),
  );
  const files = { ...world.files, train: corrections, validation };
  const modelFolder = await tinyModel({ ...world, files }, "mner", "none");
  const record = JSON.parse(await readFile(join(modelFolder, "..", "data.json"), "utf8"));
  expect(record.train.account.documents).toMatchObject({
    accepted: documents.length - Math.floor(documents.length / 8),
  });
  await using model = await load(modelFolder, { threads: 1 });
  expect(model.entityTypes).toEqual(["human"]);
  await rm(folder, { recursive: true });
}, 240_000);
