// Tests docs/extending.md from outside: its modules in a separate folder, where the package is found by its name, run by the built program.
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSafetensors } from "../../src/engine/safetensors.ts";
import { type HostTensor, hostTensor } from "../../src/graph/host-tensor.ts";
import { drawnPicture } from "../../src/synthesis/generators/testing/drawn-content.ts";
import { writeTinyBert } from "../../src/world/tiny-encoders.ts";
import { CLI } from "../cli/run-cli.ts";
import { typed } from "../cli/shell.ts";
import { blocksOf, commandsOf } from "./fenced-blocks.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BLOCKS = blocksOf("docs/extending.md");
const COMMANDS = BLOCKS.filter(({ language }) => language === "sh").flatMap(({ code }) => commandsOf(code));

/** Modules of the page, by the file name in their first line. */
const MODULES = BLOCKS.flatMap(({ language, code }) => {
  const name = language === "ts" ? /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] : undefined;
  return name === undefined ? [] : [{ name, code }];
});

const NAMES = ["Ada", "Bo", "Cleo", "Dan", "Eve", "Finn"];
const WORDS = [...NAMES.map((name) => name.toLowerCase()), "met", "left", "today"];
const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...WORDS];

let work = "";
let server: Server;
const asked: { prompt: string; seed: number; authorization: string | undefined }[] = [];

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "relata-extending-"));
  await mkdir(join(work, "node_modules"));
  await symlink(ROOT, join(work, "node_modules/relata"), "dir");
  await mkdir(join(work, "bin"));
  await writeFile(join(work, "bin/relata"), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  await chmod(join(work, "bin/relata"), 0o755);
  for (const { name, code } of MODULES) await writeFile(join(work, name), code);
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const [head, tail] = [NAMES[i % 6], NAMES[(i + 1 + (i % 4)) % 6]];
      const [verb, label] = i % 2 === 0 ? ["met", "meets"] : ["left", "leaves"];
      return [`${head} ${verb} ${tail} today`, head, label, tail].join("\t");
    });
  await writeFile(join(work, "posts.tsv"), `${rows(24).join("\n")}\n`);
  await writeFile(join(work, "validation.tsv"), `${rows(8).join("\n")}\n`);
  await writeTinyBert(join(work, "encoders/small"), VOCABULARY, 1);
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", async () => {
      const { prompt, seed } = JSON.parse(Buffer.concat(parts).toString()) as {
        prompt: string;
        seed: number;
      };
      asked.push({ prompt, seed, authorization: request.headers.authorization });
      if (prompt.startsWith("Bo left")) response.writeHead(451).end();
      else response.end(await drawnPicture(prompt, seed));
    });
  });
  await new Promise<void>((listening) => {
    server.listen(0, "127.0.0.1", listening);
  });
});
afterAll(async () => {
  server.close();
  await rm(work, { recursive: true, force: true });
});

/** Runs one command of the page. */
const shell = (line: string) => typed(join(work, "bin"), line, work, { PAINTER_KEY: "secret" });

/** Returns the page's command with these words. */
function command(words: string): string {
  const found = COMMANDS.filter((line) => line.includes(words));
  expect(found, words).toHaveLength(1);
  return found[0]!; // there is one
}

async function succeeds(line: string): Promise<string> {
  const { code, out } = await shell(line);
  expect(code, `${line}\n${out}`).toBe(0);
  return out;
}

describe("a reader", () => {
  it("validates and converts a file of its format", async () => {
    expect(await succeeds(command("validate"))).toContain("24 rows accepted");
    await succeeds(command("convert"));
    const lines = (await readFile(join(work, "posts.jsonl"), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(24);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      id: "row-1",
      text: "Ada met Bo today",
      entities: [
        { start: 0, end: 3, label: "thing" },
        { start: 8, end: 10, label: "thing" },
      ],
      relations: [{ head: 0, tail: 1, label: "meets" }],
    });
  });

  it("gives the documents of a training run, which is resumed and scored with it", async () => {
    await succeeds(command("--format tsv --encoder"));
    const saved = JSON.parse(await readFile(join(work, "runs/tsv/relata.config.json"), "utf8"));
    expect(saved).toMatchObject({ extensions: [join(work, "tsv.ts")], data: { format: "tsv" } });
    const model = "runs/tsv/model-best";
    const scored = await succeeds(
      `relata evaluate --allow-training-data --extension ./tsv.ts --format tsv ${model} validation.tsv`,
    );
    expect(scored).toContain("16 examples from 8 documents"); // with the pairs that became None
    expect(await succeeds("relata train --run runs/tsv --resume")).toContain("finished");
    expect((await shell(`relata evaluate --format tsv ${model} validation.tsv`)).out).toContain(
      "data/unknown-format",
    );
  });

  it("is found by a configuration, relative to its file, and by a program", async () => {
    const config = {
      extensions: ["../tsv.ts"],
      encoder: "../encoders/small",
      data: { format: "tsv", train: "../posts.tsv", validation: "../validation.tsv" },
    };
    await mkdir(join(work, "configs"));
    await writeFile(join(work, "configs/relata.config.json"), JSON.stringify(config));
    await writeFile(
      join(work, "train.mjs"),
      `import { train } from "relata";
const { status } = await train({ config: "configs/relata.config.json", runFolder: "runs/library", resume: false });
console.log(status);`,
    );
    const dry = await succeeds("relata train --config configs/relata.config.json --dry-run");
    expect(JSON.parse(dry)).toMatchObject({ extensions: [join(work, "tsv.ts")] });
    expect(
      (await shell("relata train --config configs/relata.config.json --format tvs --dry-run")).out,
    ).toMatch(/expected "auto" or .* or "tsv" or a name from extensions, got "tvs"/);
    const small = { ...config, training: { epochs: 1 }, model: { attention: { enabled: false } } };
    await writeFile(join(work, "configs/relata.config.json"), JSON.stringify(small));
    expect(await succeeds(`"${process.execPath}" train.mjs`)).toContain("finished");
  });
});

describe("a generator", () => {
  it("makes the pictures of a plan, with the key of the environment, and is refused once", async () => {
    const plan =
      BLOCKS.find(({ language, code }) => language === "json" && code.includes("painter"))?.code ?? "";
    const { port } = server.address() as AddressInfo;
    await writeFile(join(work, "plan.json"), plan.replace("127.0.0.1:8188", `127.0.0.1:${port}`));
    const out = await succeeds(command("synthesize"));
    expect(asked).toHaveLength(48);
    expect(asked[0]).toMatchObject({ authorization: "Bearer secret" });
    const refused = asked.filter(({ prompt }) => prompt.startsWith("Bo left")).length;
    expect(out).toContain(`${refused} refused`);
    const store = JSON.parse(await readFile(join(work, "views/store.json"), "utf8"));
    expect(store.generators.textToImage).toEqual({
      adapter: "painter",
      model: "painter-2",
      settings: { version: "1.0.0" },
    });
    await succeeds(command("synthesize"));
    expect(asked).toHaveLength(48); // nothing is asked twice
  });
});

describe("a preset", () => {
  it("is listed and planned like relata's own", async () => {
    const config = {
      encoder: "encoders/small",
      data: { train: "posts.jsonl", validation: "posts.jsonl" },
    };
    await writeFile(join(work, "relata.config.json"), JSON.stringify(config));
    expect(await succeeds(command("experiment list"))).toContain("the same model at several learning rates");
    const plan = await succeeds(command("--dry-run"));
    expect(plan).toContain('rate-1: learning rate 0.0002\n  {"training":{"learningRate":0.0002}}');
    expect(
      (await shell("relata experiment run rate --extension ./rates.ts --config relata.config.json")).out,
    ).toMatch(/experiment\/unknown-preset.*mi2rage-ablation, rates/s);
  });
});

describe("a picture encoder", () => {
  const evaluate = () => command("relata evaluate --extension ./quarters.ts");

  beforeAll(async () => {
    await mkdir(join(work, "pictures"));
    const documents = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const [head, tail] = [NAMES[i % 6] ?? "", NAMES[(i + 1) % 6] ?? ""];
        const text = `${head} met ${tail} today`;
        const image = `${i}.png`;
        await writeFile(join(work, "pictures", image), await drawnPicture(text, i));
        const entities = [head, tail].map((name) => ({
          start: text.indexOf(name),
          end: text.indexOf(name) + name.length,
          label: "person",
        }));
        const relations = [{ head: 0, tail: 1, label: i % 2 === 0 ? "meets" : "leaves" }];
        return JSON.stringify({ id: `seen-${i}`, text, image, entities, relations });
      }),
    );
    await writeFile(join(work, "seen.jsonl"), `${documents.join("\n")}\n`);
    const others = documents.map((line) => line.replace("today", "at noon"));
    await writeFile(join(work, "test.jsonl"), `${others.join("\n")}\n`);
  });

  it("encodes the pictures of a model, which asks for it again", async () => {
    expect(await succeeds(command("--picture-encoder quarters"))).toContain("visual channel: pixels");
    expect(await succeeds(evaluate())).toContain("visual channel: pixels");
    const saved = JSON.parse(await readFile(join(work, "runs/quarters/model-best/config.json"), "utf8"));
    expect(saved.visual).toMatchObject({
      encoder: "quarters",
      extension: { kind: "picture-encoder", name: "quarters", version: "1.0.0" },
      mapWidth: 3,
      classes: 3,
    });
    const without = await shell(evaluate().replace("--extension ./quarters.ts ", ""));
    expect(without.code).toBe(2);
    expect(without.out).toMatch(/extension\/missing.*picture encoder "quarters" \(version 1.0.0\)/);
    expect(without.out).toContain("--extension <module>");
  });

  it("of another version is told, of the same version with other numbers refused", async () => {
    const code = MODULES.find(({ name }) => name === "quarters.ts")?.code ?? "";
    await writeFile(join(work, "newer.ts"), code.replace('"1.0.0"', '"1.1.0"'));
    const told = await succeeds(evaluate().replace("quarters.ts", "newer.ts"));
    expect(told).toMatch(/made with version 1.0.0 of the picture encoder "quarters", this is version 1.1.0/);
    await writeFile(
      join(work, "other.ts"),
      code.replace("channels: 3,", 'channels: 3,\n    fingerprint: "b",'),
    );
    const refused = await shell(evaluate().replace("quarters.ts", "other.ts"));
    expect(refused.out).toContain("encoder/changed");
  });

  it("is named in a bundle, which holds no code", async () => {
    const entities = command("--picture-encoder quarters")
      .replace("relata train", "relata train --task mner --set model.attention.enabled=false")
      .replace("runs/quarters", "runs/entities");
    await succeeds(entities);
    await succeeds("relata export runs/entities/model-best runs/quarters/model-best bundle");
    const extract = 'relata extract bundle --text "Ada met Bo today" --picture pictures/0.png';
    const without = await shell(extract);
    expect(without.out).toContain("extension/missing");
    await succeeds(`${extract} --extension ./quarters.ts`);
  });
});

describe("a relation reader", () => {
  const train = () => command("--set method=product");
  const evaluate = () => command("relata evaluate --extension ./product.ts");

  it("is trained, scored and used in a bundle, with texts or with pictures", async () => {
    await succeeds(train());
    expect(await succeeds(evaluate())).toContain("visual channel: text only");
    const config = JSON.parse(await readFile(join(work, "runs/product/model-best/config.json"), "utf8"));
    expect(config).toMatchObject({
      format: "relata-registered-relation-model",
      reader: { kind: "relation-reader", name: "product", version: "1.0.0" },
    });
    const pictures = "--extension ./quarters.ts --picture-encoder quarters --pictures pictures";
    const run = "runs/product-pictures";
    await succeeds(train().replace("runs/product", `${run} ${pictures}`));
    const shown = evaluate().replace("runs/product", `--extension ./quarters.ts --pictures pictures ${run}`);
    expect(await succeeds(shown)).toContain("visual channel: pixels");
    await succeeds(
      `relata export --extension ./product.ts --onnx runs/entities/model-best ${run}/model-best product --extension ./quarters.ts`,
    );
    const found = await succeeds(
      'relata extract product --extension ./product.ts --extension ./quarters.ts --text "Ada met Bo" --picture pictures/0.png --json',
    );
    expect(JSON.parse(found.slice(found.indexOf("{")))).toHaveProperty("relations");
  }, 180_000); // six runs of the program

  it("is asked for, and refused under a name that nobody has", async () => {
    const without = await shell(evaluate().replace("--extension ./product.ts ", ""));
    expect(without.code).toBe(2);
    expect(without.out).toMatch(/extension\/missing.*relation reader "product" \(version 1.0.0\)/);
    const misspelt = await shell(train().replace("method=product", "method=produkt"));
    expect(misspelt.out).toMatch(/method: expected "i2srm" or "mi2rage" or "product".*got "produkt"/);
    const code = MODULES.find(({ name }) => name === "product.ts")?.code ?? "";
    await writeFile(join(work, "newer-product.ts"), code.replace('"1.0.0"', '"2.0.0"'));
    const told = await succeeds(evaluate().replace("product.ts", "newer-product.ts"));
    expect(told).toMatch(/version 1.0.0 of the relation reader "product", this is version 2.0.0/);
  });
});

describe("a text encoder", () => {
  const evaluate = () => command("relata evaluate --extension ./pre-norm.ts");

  beforeAll(async () => {
    const folder = join(work, "encoders/pre-norm");
    await writeTinyBert(folder, VOCABULARY, 1); // for its tokenizer
    const [hidden, layers] = [16, 2];
    const tensor = (...shape: number[]) =>
      hostTensor(
        "float32",
        shape,
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i + 1) / 4),
      );
    const weights: Record<string, HostTensor> = {
      "embeddings.word_embeddings.weight": tensor(VOCABULARY.length, hidden),
    };
    for (let layer = 0; layer < layers; layer++) {
      weights[`layers.${layer}.norm.weight`] = tensor(hidden);
      weights[`layers.${layer}.norm.bias`] = tensor(hidden);
      for (const name of ["query", "key", "value", "output"]) {
        weights[`layers.${layer}.${name}.weight`] = tensor(hidden, hidden);
        weights[`layers.${layer}.${name}.bias`] = tensor(hidden);
      }
    }
    await writeSafetensors(join(folder, "model.safetensors"), weights);
    const config = {
      model_type: "pre-norm",
      vocab_size: VOCABULARY.length,
      hidden_size: hidden,
      num_hidden_layers: layers,
    };
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
  });

  it("is trained and scored, with texts and with pictures as visual prefixes", async () => {
    const train = command("--encoder encoders/pre-norm");
    await succeeds(train);
    expect(await succeeds(evaluate())).toContain("visual channel: text only");
    const saved = JSON.parse(await readFile(join(work, "runs/pre-norm/model-best/config.json"), "utf8"));
    expect(saved.encoder.relata_extension).toEqual({
      kind: "text-encoder",
      name: "pre-norm",
      version: "1.0.0",
    });
    const pictures = "--extension ./quarters.ts --picture-encoder quarters --pictures pictures";
    const shown = train.replace("--text-only", pictures).replace("runs/pre-norm", "runs/prefixed");
    await succeeds(shown);
  });

  it("is asked for, and told where it has another version", async () => {
    const without = await shell(evaluate().replace("--extension ./pre-norm.ts ", ""));
    expect(without.code).toBe(2);
    expect(without.out).toMatch(/extension\/missing.*text encoder "pre-norm" \(version 1.0.0\)/);
    const train = command("--encoder encoders/pre-norm").replace("--extension ./pre-norm.ts ", "");
    expect((await shell(train.replace("runs/pre-norm", "runs/none"))).out).toMatch(
      /encoder\/unsupported-config.*"pre-norm"/,
    );
    const code = MODULES.find(({ name }) => name === "pre-norm.ts")?.code ?? "";
    await writeFile(join(work, "newer-norm.ts"), code.replace('"1.0.0"', '"2.0.0"'));
    const told = await succeeds(evaluate().replace("pre-norm.ts", "newer-norm.ts"));
    expect(told).toMatch(/version 1.0.0 of the text encoder "pre-norm", this is version 2.0.0/);
  });
});

describe("from code and in experiments", () => {
  it("extensions are given as objects, and asked for when the model is loaded without them", async () => {
    const program = `import { evaluate, load, train } from "relata";
import { defineReader, defineRelationReader } from "relata/extend";
import { linearLayer } from "relata/nn";
const entities = [{ start: 0, end: 3, label: "p" }, { start: 8, end: 10, label: "p" }];
const rows = Array.from({ length: 12 }, (_, i) => ({
  line: i + 1,
  document: { id: "d" + i, text: "Ada met Bo", entities, relations: [{ head: i % 2, tail: 1 - (i % 2), label: "ab"[i % 2] }] },
}));
const extensions = [
  defineReader({ name: "pairs", version: "1", read: () => rows }),
  defineRelationReader({
    name: "heads",
    version: "1",
    logits: (scope, { head, hidden, relations }) => linearLayer(scope.at("c"), head, hidden, relations),
  }),
];
const data = { format: "pairs", train: "posts.tsv", validation: "posts.tsv" };
const config = { method: "heads", encoder: "encoders/small", data, training: { epochs: 1 } };
const { modelFolder } = await train({ config, runFolder: "runs/code", extensions });
const { metrics } = await evaluate({ model: modelFolder, data: "posts.tsv", format: "pairs", extensions, allowTrainingData: true });
const model = await load(modelFolder, { extensions });
const [head, tail] = entities;
const { label } = await model.relationBetween({ text: "Ada met Bo", head, tail });
await model.dispose();
const code = await load(modelFolder).catch((error) => error.code);
console.log(JSON.stringify({ instances: metrics.instances, label, code }));`;
    await writeFile(join(work, "code.mjs"), program);
    const said = JSON.parse(await succeeds(`"${process.execPath}" code.mjs`));
    expect(said).toMatchObject({ instances: 12, code: "extension/missing" });
    expect(["a", "b"]).toContain(said.label);
    const run = JSON.parse(await readFile(join(work, "runs/code/run.json"), "utf8"));
    expect(run.environment.extensions.map(({ name }: { name: string }) => name)).toEqual(["pairs", "heads"]);
  });

  it("are handed to the stages of an experiment, and asked for by its results", async () => {
    const config = {
      extensions: ["./tsv.ts"],
      encoder: "./encoders/small",
      data: { format: "tsv", train: "posts.tsv", validation: "validation.tsv" },
      training: { epochs: 1, threads: 1 },
    };
    await writeFile(join(work, "experiment.json"), JSON.stringify(config));
    const run =
      "relata experiment run rates --extension ./rates.ts --config experiment.json --seeds 1 --samples 10";
    expect(await succeeds(run)).toContain("rate-0 (reference)");
    const show = "relata experiment show runs/rates --samples 10";
    const without = await shell(show);
    expect(without.code).toBe(2);
    expect(without.out).toContain("error[data/unknown-format]");
    expect(await succeeds(`${show} --extension ./tsv.ts`)).toContain("rate-0 (reference)");
  });
});

it("has a module for every door", () => {
  expect(MODULES.map(({ name }) => name)).toEqual([
    "tsv.ts",
    "painter.ts",
    "rates.ts",
    "quarters.ts",
    "product.ts",
    "pre-norm.ts",
  ]);
  expect(existsSync(join(ROOT, "dist/extend.js"))).toBe(true);
});
