// Bundles: their contents, that they need nothing outside, and that the ONNX files compute what the models compute.
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { tokenInputs } from "../encoders/token-inputs.ts";
import { Runtime } from "../engine/runtime.ts";
import { loadEntityModel } from "../extractors/entity/load-entity-model.ts";
import { loadModel } from "../extractors/relation/load-model.ts";
import { evaluateExtractor } from "../extractors/run.ts";
import { hostTensor } from "../graph/host-tensor.ts";
import { exportBundle } from "./export-bundle.ts";
import type { ExportSummary } from "./export-request.ts";
import { load } from "./load.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "./testing/tiny-models.ts";

let world: TinyWorld;
let models: { readonly entities: string; readonly relations: string };
let summary: ExportSummary;
const inWorld = (...names: string[]) => join(world.folder, ...names);

beforeAll(async () => {
  world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-bundle-")));
  models = {
    entities: await tinyModel(world, "mner", "pictures"),
    relations: await tinyModel(world, "mre", "captions"),
  };
  summary = await exportBundle({
    ...models,
    folder: inWorld("bundle"),
    constraintsFrom: { path: world.files.train, format: "relata" },
    onnx: true,
  });
}, 120_000);
afterAll(() => rm(world.folder, { recursive: true }));

describe("exportBundle", () => {
  it("records what each model was trained on and which types are related", () => {
    const { entities, relations, typeConstraints } = summary.bundle;
    expect(entities.weights).not.toBe(relations.weights);
    expect(entities.trainedOn).toMatchObject({
      train: { source: "train.jsonl", documents: 64 },
      validation: { documents: 32 },
    });
    expect(relations.trainedOn).toEqual(entities.trainedOn); // the same documents
    expect(typeConstraints?.pairs).toMatchObject([{ head: "person", tail: "person" }]);
    expect(typeConstraints?.learntFrom).toMatchObject({ types: "documents", documents: 64, withoutType: 0 });
    expect(summary.warnings).toEqual([]);
  });

  it("needs nothing outside its folder, and shows each model what it can see", async () => {
    const post = world.corpus.posts.validation.find(({ image }) => image !== undefined)!;
    const image = inWorld("pictures", `${post.id}.png`);
    const shown = { text: post.text, image, caption: "two people at a wedding" };
    const before = await extractWith(inWorld("bundle"), shown);
    expect(before.visual).toBe("picture");
    // A broken picture does not hide the caption from the model that reads captions.
    const broken = await extractWith(inWorld("bundle"), { ...shown, image: inWorld("nowhere.png") });
    expect(broken.visual).toBe("missing");
    const captioned = await extractWith(inWorld("bundle"), { text: shown.text, caption: shown.caption });
    expect(broken.relations).toEqual(captioned.relations);
    for (const name of ["bert", "resnet", "mner-pictures-48", "mre-captions-48"]) {
      await rename(inWorld(name), inWorld(`${name}-gone`));
    }
    await rename(inWorld("bundle"), inWorld("moved"));
    try {
      expect(await extractWith(inWorld("moved"), shown)).toEqual(before);
      await using part = await load(inWorld("moved", "entities"), { threads: 1 });
      expect((await part.extract({ text: post.text, image })).entities).toEqual(before.entities);
    } finally {
      await rename(inWorld("moved"), inWorld("bundle"));
      for (const name of ["bert", "resnet", "mner-pictures-48", "mre-captions-48"]) {
        await rename(inWorld(`${name}-gone`), inWorld(name));
      }
    }
  });

  it("holds copies of the frozen encoders and of nothing else", async () => {
    expect((await readdir(inWorld("bundle"))).sort()).toEqual([
      "README.md",
      "bundle.json",
      "card.json",
      "encoders",
      "entities",
      "manifest.json",
      "onnx",
      "relations",
    ]);
    expect(await readdir(inWorld("bundle", "encoders"))).toHaveLength(2);
    const config = JSON.parse(await readFile(inWorld("bundle", "entities", "config.json"), "utf8"));
    expect(config.visual).toMatchObject({
      relativeTo: "model",
      encoder: expect.stringMatching(/^\.\.\/encoders\/[0-9a-f]{16}$/),
    });
    expect(JSON.stringify(config)).not.toContain(world.folder);
  });

  it("writes ONNX files that compute what the models compute", async () => {
    await using runtime = await Runtime.open({ threads: 1 });
    const visual = { maps: "maps", picture_mask: "picture_mask" } as const;
    await using entity = await disposable(loadEntityModel(models.entities, { threads: 1 }));
    const entityJson = JSON.parse(await readFile(inWorld("bundle", "onnx", "entities.json"), "utf8"));
    expect(entityJson.tags).toEqual(["O", "B-person", "I-person", "X", "[CLS]", "[SEP]"]);
    expect(entityJson.crf.transitions).toHaveLength(36);
    expect(entityJson.inputs.map(({ name }: { name: string }) => name).sort()).toEqual(
      ["attention_mask", "input_ids", ...Object.values(visual)].sort(),
    );
    const { ids, wordIndex } = entity.tokenizer.encodeText("ada met bo");
    const [expected] = await entity.model.predict([
      { id: "x", input: { ids, wordIndex }, tags: undefined, visual: undefined },
    ]);
    const masked = (of: {
      readonly visual: { readonly mapWidth: number; readonly promptLength: number };
    }) => ({
      maps: hostTensor(
        "float32",
        [1, 1, of.visual.promptLength, of.visual.mapWidth],
        new Float32Array(of.visual.promptLength * of.visual.mapWidth),
      ),
      picture_mask: hostTensor("float32", [1, 1], [0]),
    });
    await using tagger = await runtime.createSession(inWorld("bundle", "onnx", entityJson.model));
    const { emissions } = await tagger.run({
      ...tokenInputs([{ ids }], entityJson.tokens.pad),
      ...masked(entityJson),
    });
    expectClose(emissions!.data as Float32Array, expected!);

    await using relation = await disposable(loadModel(models.relations, { threads: 1 }));
    const relationJson = JSON.parse(await readFile(inWorld("bundle", "onnx", "relations.json"), "utf8"));
    expect(relationJson.labels).toEqual(relation.labels.labels);
    const { headStart, headEnd, tailStart, tailEnd } = relationJson.markers;
    const [a, b] = ["ada", "bo"].map((word) => relation.tokenizer.encodeWord(word).map(({ id }) => id));
    const before = [...relationJson.tokens.before, headStart];
    const between = [headEnd, tailStart];
    const marked = [...before, ...a!, ...between, ...b!, tailEnd, ...relationJson.tokens.after];
    const tailAt = before.length + a!.length + between.length;
    const spans = { headSpan: [2, 2 + a!.length], tailSpan: [tailAt, tailAt + b!.length] } as const;
    const [logits] = await relation.model.predict([
      {
        id: "x",
        label: undefined,
        visual: undefined,
        input: {
          ids: marked,
          length: marked.length,
          ...spans,
          wordIndex: [],
          offsets: [],
          unknown: 0,
          emptyWords: [],
          truncated: undefined,
        },
      },
    ]);
    await using classifier = await runtime.createSession(inWorld("bundle", "onnx", relationJson.model));
    const computed = await classifier.run({
      ...tokenInputs([{ ids: marked }], relationJson.tokens.pad),
      ...masked(relationJson),
      head_span: hostTensor("int64", [1, 2], [...spans.headSpan]),
      tail_span: hostTensor("int64", [1, 2], [...spans.tailSpan]),
    });
    expectClose(computed.logits!.data as Float32Array, logits!);
  });

  it("refuses a folder that is there, models of the wrong kind, and leaves nothing half-written", async () => {
    await expect(exportBundle({ ...models, folder: inWorld("bundle") })).rejects.toMatchObject({
      code: "data/folder-exists",
    });
    const swapped = { entities: models.relations, relations: models.entities };
    await expect(exportBundle({ ...swapped, folder: inWorld("x") })).rejects.toMatchObject({
      code: "data/other-model",
    });
    await rename(inWorld("resnet"), inWorld("resnet-gone"));
    try {
      await expect(exportBundle({ ...models, folder: inWorld("x") })).rejects.toMatchObject({
        name: "EncoderError",
      });
    } finally {
      await rename(inWorld("resnet-gone"), inWorld("resnet"));
    }
    expect((await readdir(world.folder)).filter((name) => name.startsWith("x"))).toEqual([]);
    expect(existsSync(inWorld("bundle", "bundle.json"))).toBe(true);
  });

  it("can be exported again from its parts, with the record of the data", async () => {
    const parts = { entities: inWorld("bundle", "entities"), relations: inWorld("bundle", "relations") };
    const again = await exportBundle({ ...parts, folder: inWorld("again") });
    expect(again.bundle.entities).toEqual(summary.bundle.entities);
    await rm(inWorld("again"), { recursive: true });
  });

  it("takes the types from the training of the relation model, unless they are not wanted or documents are named", async () => {
    const kept = await exportBundle({ ...models, folder: inWorld("kept") });
    expect(kept.bundle.typeConstraints?.pairs).toEqual(summary.bundle.typeConstraints?.pairs);
    expect(kept.bundle.typeConstraints?.learntFrom).toMatchObject({
      source: "train.jsonl",
      types: "training",
      documents: 64,
    });
    expect(kept.bundle.typeConstraints?.pairs[0]?.labels?.map(({ label }) => label)).toEqual([
      "per/per/colleagues",
      "per/per/couple",
      "per/per/siblings",
    ]);
    const free = await exportBundle({ ...models, folder: inWorld("free"), typeConstraints: false });
    expect(free.bundle.typeConstraints).toBeNull();
  });

  it("asks for any relation and says so where the training had other types than the entity model finds", async () => {
    const rule = join(models.relations, "type-pairs.json");
    const text = await readFile(rule, "utf8");
    await writeFile(rule, text.replaceAll('"person"', '"entity"'));
    try {
      const { bundle, warnings } = await exportBundle({
        ...models,
        folder: inWorld("foreign"),
        verify: false,
      });
      expect(bundle.typeConstraints).toBeNull();
      expect(warnings).toEqual([expect.stringMatching(/entity.* is not a type .* --constraints-from/)]);
    } finally {
      await writeFile(rule, text);
    }
  });

  it("reads a relation under another name as None", async () => {
    const place = join(models.relations, "config.json");
    const text = await readFile(place, "utf8");
    await writeFile(place, text.replace('"None"', '"NA"'));
    try {
      const unnamed = await exportBundle({ ...models, folder: inWorld("unnamed"), verify: false });
      expect(unnamed.warnings).toEqual([expect.stringContaining('"NA" of the model')]);
      const named = await exportBundle({
        ...models,
        folder: inWorld("named"),
        noneLabel: "NA",
        verify: false,
      });
      expect([named.warnings, named.relations[0]]).toEqual([[], "None"]);
      const wrong = exportBundle({ ...models, folder: inWorld("wrong"), noneLabel: "N.A.", verify: false });
      await expect(wrong).rejects.toMatchObject({ code: "config/no-such-label" });
    } finally {
      await writeFile(place, text);
    }
  });
});

describe("load", () => {
  it("reads a bundle that kept no labels of its pairs, and says that any may join them", async () => {
    const place = inWorld("bundle", "bundle.json");
    const text = await readFile(place, "utf8");
    const record = JSON.parse(text);
    for (const pair of record.typeConstraints.pairs) delete pair.labels;
    await writeFile(place, JSON.stringify(record));
    try {
      await using model = await load(inWorld("bundle"), { threads: 1, verify: false });
      expect(model.remarks).toEqual([expect.stringContaining("any relation may join them")]);
    } finally {
      await writeFile(place, text);
    }
  });

  it("names a damaged record, and constraints on types that the model does not know", async () => {
    const place = inWorld("bundle", "bundle.json");
    const text = await readFile(place, "utf8");
    try {
      for (const wrong of ["{", '{"format":"relata-bundle"}', text.replaceAll('"person"', '"planet"')]) {
        await writeFile(place, wrong);
        const loading = load(inWorld("bundle"), { verify: false });
        await expect(loading).rejects.toMatchObject({ code: "data/bad-bundle" });
      }
    } finally {
      await writeFile(place, text);
    }
  });
});

describe("load of what is not as it was written", () => {
  /** A damaged copy of the bundle. */
  async function damaged(damage: (copy: string) => Promise<unknown>): Promise<string> {
    const copy = await mkdtemp(inWorld("copy-"));
    await cp(inWorld("bundle"), copy, { recursive: true });
    await damage(copy);
    return copy;
  }
  const edit = async (path: string, change: (text: string) => string) => {
    const before = await readFile(path, "utf8");
    expect(change(before)).not.toBe(before);
    await writeFile(path, change(before));
  };
  const flip = async (path: string) => {
    const bytes = await readFile(path);
    bytes[bytes.length - 3]! ^= 0x20;
    await writeFile(path, bytes);
  };
  const encoderIn = async (copy: string) =>
    join(copy, "encoders", (await readdir(join(copy, "encoders")))[0]!);

  it("refuses a bundle with damaged, changed or exchanged files before it reads them", async () => {
    const kinds: Readonly<Record<string, readonly [(copy: string) => Promise<unknown>, string]>> = {
      "a bit of the weights": [(copy) => flip(join(copy, "relations", "model.safetensors")), "changed"],
      "a bit of an encoder": [
        async (copy) => flip(join(await encoderIn(copy), "model.safetensors")),
        "changed",
      ],
      "the order of labels": [
        (copy) =>
          edit(join(copy, "relations", "config.json"), (text) => {
            const config = JSON.parse(text);
            return JSON.stringify({ ...config, relations: config.relations.reverse() });
          }),
        "changed",
      ],
      "a vocabulary": [
        (copy) =>
          edit(join(copy, "entities", "vocab.txt"), (text) => text.replace(/\n[^\n]*\n$/, "\nother\n")),
        "changed",
      ],
      "a temperature": [
        (copy) =>
          edit(join(copy, "relations", "calibration.json"), (text) => text.replace(/"temperature": /, "$&1")),
        "changed",
      ],
      "not a calibration": [(copy) => rm(join(copy, "relations", "calibration.json")), "missing-file"],
      "types that are related": [
        (copy) => edit(join(copy, "bundle.json"), (text) => text.replace(/"count": /, "$&1")),
        "changed",
      ],
      "exchanged models": [
        async (copy) => {
          await rename(join(copy, "entities"), join(copy, "x"));
          await rename(join(copy, "relations"), join(copy, "entities"));
          await rename(join(copy, "x"), join(copy, "relations"));
        },
        "changed",
      ],
      "a second vocabulary": [
        (copy) => writeFile(join(copy, "entities", "tokenizer.json"), "{}"),
        "unlisted-file",
      ],
      "no manifest": [(copy) => rm(join(copy, "manifest.json")), "missing-file"],
    };
    for (const [name, [damage, kind]] of Object.entries(kinds)) {
      const copy = await damaged(damage);
      const code = await load(copy, { threads: 1 }).then(
        (model) => model.dispose(),
        (error) => error.code,
      );
      expect([name, code]).toEqual([name, `bundle/${kind}`]);
      await rm(copy, { recursive: true });
    }
  });

  it("takes files as they are when told to, and says so", async () => {
    const copy = await damaged((folder) => writeFile(join(folder, "entities", "notes.json"), "{}"));
    await expect(load(copy, { threads: 1 })).rejects.toMatchObject({ code: "bundle/unlisted-file" });
    const heard: string[] = [];
    await using model = await load(copy, { threads: 1, verify: false, onNotice: (text) => heard.push(text) });
    expect(heard).toEqual([expect.stringContaining("were not checked")]);
    expect(model.notices).toEqual(heard);
    await using verified = await load(inWorld("bundle"), { threads: 1 });
    expect(verified.notices).toEqual([]);
  });

  it("compares the weights of an earlier version's bundle, and says that the rest has no record", async () => {
    const copy = await damaged(async (folder) => {
      await rm(join(folder, "manifest.json"));
      await edit(join(folder, "bundle.json"), (text) => text.replace(/,\s*"manifest": "manifest.json"/, ""));
    });
    await using model = await load(copy, { threads: 1 });
    expect(model.notices).toEqual([expect.stringContaining("earlier version")]);
    await flip(join(copy, "entities", "model.safetensors"));
    await expect(load(copy, { threads: 1 })).rejects.toMatchObject({ code: "bundle/changed" });
  });

  it("never leaves the bundle: neither over the network, nor by a path, nor by a link", async () => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? "");
      response.writeHead(404).end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv("HF_HUB_CACHE", inWorld("hub"));
    const names = (change: (visual: Record<string, unknown>) => void) => (copy: string) =>
      edit(join(copy, "entities", "config.json"), (text) => {
        const config = JSON.parse(text);
        change(config.visual);
        return JSON.stringify(config);
      });
    const outside = resolve(inWorld("resnet"));
    const kinds: readonly ((copy: string) => Promise<unknown>)[] = [
      names((visual) => {
        visual.encoder = "someone/model";
        delete visual.relativeTo;
      }),
      names((visual) => {
        visual.encoder = outside;
      }),
      names((visual) => {
        visual.encoder = "../../resnet";
      }),
      names((visual) => {
        visual.detector = { place: "../../../someone/model", fingerprint: "x" };
      }),
      async (copy) => {
        const encoder = join(copy, "encoders", (await readdir(join(copy, "encoders"))).at(-1)!);
        for (const other of await readdir(join(copy, "encoders"))) {
          await rm(join(copy, "encoders", other), { recursive: true });
          await symlink(outside, join(copy, "encoders", other));
        }
        return encoder;
      },
    ];
    try {
      for (const damage of kinds) {
        const copy = await damaged(damage);
        for (const verify of [true, false])
          await expect(load(copy, { threads: 1, verify })).rejects.toMatchObject({
            code: "bundle/outside-path",
          });
      }
      // In the working folder, a missing encoder of a bundle would look like a hub id: encoders/<name>.
      const copy = await damaged((folder) => rm(join(folder, "encoders"), { recursive: true }));
      await expect(load(relative(process.cwd(), copy), { threads: 1 })).rejects.toMatchObject({
        code: "bundle/missing-file",
      });
      expect(requests).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      server.close();
    }
  });

  it("refuses a damaged model of a run too, wherever it is used, and a calibration of other weights", async () => {
    const copy = async () => {
      const folder = await mkdtemp(inWorld("model-"));
      await cp(models.relations, folder, { recursive: true });
      return folder;
    };
    const broken = await copy();
    await flip(join(broken, "model.safetensors"));
    const changed = { code: "model/changed" };
    await expect(load(broken, { threads: 1 })).rejects.toMatchObject(changed);
    await expect(
      exportBundle({ ...models, relations: broken, folder: inWorld("of-broken") }),
    ).rejects.toMatchObject(changed);
    const request = { model: broken, data: world.files.validation, format: "relata", threads: 1 };
    await expect(evaluateExtractor(request)).rejects.toMatchObject(changed);

    const other = await copy();
    await cp(join(models.entities, "calibration.json"), join(other, "calibration.json"));
    await expect(load(other, { threads: 1 })).rejects.toMatchObject(changed);
    await rm(join(other, "calibration.json")); // a model may have none
    await (await load(other, { threads: 1 })).dispose();
    await rm(join(other, "manifest.json"));
    await using old = await load(other, { threads: 1 });
    expect(old.notices).toEqual([expect.stringContaining("no manifest")]);
    expect((await readdir(world.folder)).filter((name) => name.startsWith("of-broken"))).toEqual([]);
  });

  it("compares a part of a bundle that is loaded alone", async () => {
    const copy = await damaged((folder) => flip(join(folder, "relations", "model.safetensors")));
    await expect(load(join(copy, "relations"), { threads: 1 })).rejects.toMatchObject({
      code: "bundle/changed",
    });
    await (await load(join(copy, "entities"), { threads: 1 })).dispose();
  });
});

/** onnxruntime packs and folds stored weights: the last bits may differ from weights given as inputs. */
function expectClose(actual: Float32Array, expected: Float32Array) {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 4);
  });
}

async function extractWith(
  folder: string,
  post: { readonly text: string; readonly image?: string; readonly caption: string },
) {
  await using model = await load(folder, { threads: 1 });
  return await model.extract(post); // before the model is disposed of
}

async function disposable<T extends { dispose(): Promise<void> }>(loading: Promise<T>) {
  const loaded = await loading;
  return Object.assign(loaded, { [Symbol.asyncDispose]: () => loaded.dispose() });
}
