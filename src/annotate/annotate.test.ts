import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FaultName, type ScriptedModel, startScriptedModel } from "../../scripts/scripted-model.mjs";
import type { Document } from "../data/document.ts";
import { jsonOf, ProtocolServer } from "../synthesis/generators/testing/protocol-server.ts";
import { type AnnotateSettings, annotate } from "./annotate.ts";
import { annotatorSettingsShape } from "./annotator-settings.ts";
import { parseAnnotationSchema } from "./schema.ts";

const schema = parseAnnotationSchema(
  {
    entities: { person: "people", place: "places" },
    relations: { lives_in: { description: "", head: ["person"], tail: ["place"] } },
  },
  "test",
);

function labelled(id: string, name: string, place: string): Document {
  const text = `${name} likes ${place} and lives in ${place}`;
  const at = text.lastIndexOf(place);
  return {
    id,
    text,
    entities: [
      { start: 0, end: name.length, label: "person" },
      { start: at, end: at + place.length, label: "place" },
    ],
    relations: [{ head: 0, tail: 1, label: "lives_in" }],
  };
}

const truth = Array.from({ length: 8 }, (_, i) =>
  labelled(`post-${i}`, `Zoë O’Hara ${i}`, i % 2 === 0 ? "New York" : "Rio"),
);
const posts = truth.map((document) => ({ ...document, entities: [], relations: [] }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-annotate-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function settings(url: string, more: object = {}): AnnotateSettings {
  const annotator = annotatorSettingsShape.parse({
    baseUrl: url,
    model: "scripted",
    timeoutMs: 2000,
    retry: { times: 4, firstWaitMs: 1, longestWaitMs: 1 },
    ...more,
  });
  return { schema, annotator, store: join(folder, "store"), samples: 2 };
}

async function withModel<Result>(
  options: {
    readonly faults?: readonly FaultName[];
    readonly rate?: number;
    readonly naming?: "context" | "nothing";
  },
  work: (model: ScriptedModel) => Promise<Result>,
): Promise<Result> {
  const model = await startScriptedModel({ documents: truth, ...options });
  try {
    return await work(model);
  } finally {
    await model.close();
  }
}

/** What a document says, without probabilities and provenance. */
function bare({ id, entities, relations }: Document) {
  const spans = entities.map(({ start, end, label }) => ({ start, end, label }));
  return {
    id,
    entities: spans,
    relations: relations.map(({ head, tail, label }) => ({ head, tail, label })),
  };
}

describe("annotating against a scripted model", () => {
  it("gets the truth from a model that misplaces, invents, repeats, breaks its JSON, fails and breaks off", async () => {
    const faults: FaultName[] = [
      "offsets",
      "invent",
      "repeat",
      "spelling",
      "edges",
      "labels",
      "shapes",
      "prose",
      "fence",
      "thoughts",
    ];
    const broken: FaultName[] = ["truncate", "empty", "429", "500", "close", "no-schema"];
    await withModel({ faults: [...faults, ...broken], rate: 0.5 }, async (model) => {
      const { documents, account, run } = await annotate(posts, settings(model.url));
      expect(run).toMatchObject({ complete: true, failures: [] });
      expect(documents.map(bare)).toEqual(truth.map(bare));
      for (const { entities } of documents)
        expect(entities.map(({ probability }) => probability)).toEqual([1, 1]);
      expect(account.samples).toMatchObject({ asked: 16, usable: 16, refused: 0, unreadable: {} });
      expect(account.counts.absent).toBeGreaterThan(0);
      expect(account.counts.unknownLabel).toBeGreaterThan(0);
      expect(Object.keys(account.samples.askedAgain).length).toBeGreaterThan(0);
    });
  });

  it("waits no longer than its deadline for a server that hangs, and asks again", async () => {
    await withModel({ faults: ["hang"], rate: 0.3 }, async (model) => {
      const { documents } = await annotate(posts, settings(model.url, { timeoutMs: 150 }));
      expect(documents.map(bare)).toEqual(truth.map(bare));
    });
  });

  it("makes every call once: a second run asks nothing and says the same", async () => {
    await withModel({}, async (model) => {
      const first = await annotate(posts, settings(model.url));
      expect(model.answered).toHaveLength(16);
      const second = await annotate(posts, settings(model.url));
      expect(model.answered).toHaveLength(16);
      expect(second.documents).toEqual(first.documents);
      expect(second.estimate).toMatchObject({ calls: 0, done: 16 });
    });
  });

  it("leaves a document out if every answer about it was refused, and does not ask again", async () => {
    await withModel({ faults: ["refuse"] }, async (model) => {
      const { documents, account } = await annotate(posts.slice(0, 2), settings(model.url));
      expect(documents).toEqual([]);
      expect(account).toMatchObject({
        documents: { annotated: 0, unusable: 2 },
        samples: { asked: 4, usable: 0, refused: 4 },
      });
      await annotate(posts.slice(0, 2), settings(model.url));
      expect(model.answered).toHaveLength(4);
    });
  });

  it("says that a repeated mention is ambiguous if nothing tells its places apart: the control", async () => {
    await withModel({ naming: "nothing" }, async (model) => {
      const { documents, account } = await annotate(posts, settings(model.url));
      expect(documents.map(bare)).not.toEqual(truth.map(bare));
      expect(account.counts.ambiguous).toBe(16);
    });
  });

  it("records who said it, in answer to what, and when", async () => {
    await withModel({}, async (model) => {
      const [document] = (await annotate(posts.slice(0, 1), settings(model.url))).documents;
      const annotatedBy = document?.meta?.annotatedBy as Record<string, unknown>;
      expect(annotatedBy).toMatchObject({
        model: "scripted",
        samples: { asked: 2, usable: 2 },
        temperature: 0.7,
        uncertainty: 0,
      });
      expect(annotatedBy.prompt).toMatch(/^[0-9a-f]{64}$/);
      expect(new Date(String(annotatedBy.at)).getTime()).toBeGreaterThan(Date.UTC(2024, 0));
    });
  });

  it("states no probability after one sample, because one cannot agree", async () => {
    await withModel({}, async (model) => {
      const { documents } = await annotate(posts, { ...settings(model.url), samples: 1 });
      expect(documents.flatMap(({ entities }) => entities).some((entity) => "probability" in entity)).toBe(
        false,
      );
      expect(documents[0]?.meta?.annotatedBy).toMatchObject({ uncertainty: 1 });
    });
  });

  it("prices calls by the tokens that the server counts, and stops before the budget is exceeded", async () => {
    await withModel({}, async (model) => {
      const priced = settings(model.url, {
        pricePerMillionInput: 1000,
        pricePerMillionOutput: 1000,
        repeats: 0,
        concurrency: 1,
      });
      const { estimate } = await annotate(posts, { ...priced, dryRun: true });
      expect(model.answered).toHaveLength(0);
      expect(estimate).toMatchObject({ calls: 16, documents: 8 });
      expect(estimate.cost).toBeGreaterThan(0);
      const budget = estimate.mostPerCall * 1.5;
      const { run, survey, account } = await annotate(posts, { ...priced, budget });
      const { input, output } = account.tokens;
      expect(run?.stop).toBe("budget");
      expect(survey.cost.textToText).toBeLessThanOrEqual(budget);
      expect(model.answered.length).toBeGreaterThan(0);
      if (account.documents.unanswered === 0)
        expect(survey.cost.textToText).toBeCloseTo((input + output) / 1000, 9);
    });
  });

  it("shows the nearest labelled posts, never the post itself, and the picture scaled down", async () => {
    const seen: Record<string, unknown>[] = [];
    await using server = await ProtocolServer.start((request) => {
      seen.push(jsonOf(request));
      const message = { role: "assistant", content: '{"entities":[]}' };
      return { body: { choices: [{ finish_reason: "stop", message }] } };
    });
    const picture = await sharp({ create: { width: 900, height: 300, channels: 3, background: "#306090" } })
      .png()
      .toBuffer();
    await writeFile(join(folder, "a.png"), picture);
    const [post] = posts;
    if (post === undefined) throw new Error("there are posts");
    const { estimate, documents } = await annotate(
      [
        { ...post, image: "a.png" },
        { ...post, id: "x", image: "gone.png" },
      ],
      {
        ...settings(`${server.url}/v1`, { pictureSide: 300 }),
        samples: 1,
        pictures: folder,
        examples: { documents: truth, shots: 2 },
      },
    );
    expect(estimate.questions).toMatchObject({
      withPicture: 1,
      missingPictures: 1,
      examples: 8,
      unusableExamples: 0,
    });
    expect(documents).toHaveLength(2);
    const turns = seen.map(({ messages }) => messages as { role: string; content: unknown }[]);
    for (const messages of turns) {
      expect(messages.map(({ role }) => role)).toEqual([
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
      ]);
      expect(messages.slice(0, -1).some(({ content }) => content === post.text)).toBe(false);
      expect(String(messages[2]?.content)).toContain('"occurrence":2');
    }
    const withPicture = turns.map((messages) => messages.at(-1)?.content).find(Array.isArray) as {
      image_url?: { url: string };
    }[];
    const url = withPicture[1]?.image_url?.url ?? "";
    const { width, height, format } = await sharp(Buffer.from(url.split(",")[1] ?? "", "base64")).metadata();
    expect({ width, height, format }).toEqual({ width: 300, height: 100, format: "jpeg" });
  });

  it("asks for JSON of the schema first, then for JSON, then for nothing, and stays with what the server takes", async () => {
    const formats: string[] = [];
    await using server = await ProtocolServer.start((request) => {
      const { response_format: format } = jsonOf(request) as { response_format?: { type: string } };
      formats.push(format?.type ?? "none");
      if (format?.type === "json_schema")
        return { status: 400, body: { error: { message: "unknown response_format" } } };
      return {
        body: {
          choices: [{ finish_reason: "stop", message: { role: "assistant", content: '{"entities":[]}' } }],
        },
      };
    });
    const { account } = await annotate(posts.slice(0, 2), settings(`${server.url}/v1`, { concurrency: 1 }));
    expect(formats).toEqual(["json_schema", "json_object", "json_object", "json_object", "json_object"]);
    expect(account.samples.formats).toEqual({ json_object: 4 });
  });

  it("keeps the key out of the store", async () => {
    await using server = await ProtocolServer.start(() => ({
      body: {
        choices: [
          {
            finish_reason: "stop",
            message: { content: '{"entities":[{"text":"sk-verysecretkey","label":"person"}]}' },
          },
        ],
      },
    }));
    await annotate(posts.slice(0, 1), {
      ...settings(`${server.url}/v1`, { keyFrom: "KEY" }),
      environment: { KEY: "sk-verysecretkey" },
    });
    expect(server.received[0]?.headers.authorization).toBe("Bearer sk-verysecretkey");
    expect(await readFile(join(folder, "store", "ledger.jsonl"), "utf8")).not.toContain("verysecret");
  });
});
