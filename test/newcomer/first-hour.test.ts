// A newcomer's first hour: the README's commands unchanged, from a Label Studio export with emoji and pictures to a page of found posts.
// RELATA_ENCODER=<folder of all-MiniLM-L6-v2> RELATA_SEEDS=5 npx vitest run test/newcomer  uses a real encoder, over five seeds.
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../../src/data/document.ts";
import { writeTinyBert, writeTinyResnet } from "../../src/world/tiny-encoders.ts";
import { CLI } from "../cli/run-cli.ts";
import { typed } from "../cli/shell.ts";
import { blocksOf, commandsOf } from "../docs/fenced-blocks.ts";
import { ownPosts, vocabularyOf, writePictures } from "../own-posts.ts";
import { labelStudioTasks, uploadName } from "./label-studio-export.ts";

const ENCODER = process.env.RELATA_ENCODER;
const SEEDS = Array.from({ length: Number(process.env.RELATA_SEEDS ?? 1) }, (_, i) => i + 1);
const POSTS = ENCODER === undefined ? 80 : 300;
const MINUTES = 60_000;
const COMMANDS = commandsOf(
  blocksOf("README.md").find(({ code }) => code.includes("relata import auto export.json"))?.code ?? "",
);

let work = "";
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "relata-first-hour-"));
  const npx = join(work, "npx"); // finds this checkout's program, like npx finds an installed one
  await writeFile(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  await chmod(npx, 0o755);
});
afterAll(() => rm(work, { recursive: true, force: true }));

const shell = (line: string, cwd: string) => typed(work, line, cwd);

/** A newcomer's files: an export, its pictures and captions, new posts, a text encoder, a picture encoder. */
async function prepare(
  seed: number,
): Promise<{ readonly folder: string; readonly posts: readonly Document[] }> {
  const folder = join(work, `seed-${seed}`);
  await mkdir(folder);
  const posts = ownPosts({ count: POSTS, seed, pictures: true });
  await writeFile(join(folder, "export.json"), JSON.stringify(labelStudioTasks(posts)));
  const images = posts.flatMap(({ image }) => image ?? []);
  await writePictures(images, join(folder, "pictures"), join(folder, "captions.jsonl"));
  // The pictures lie as uploaded: under the names that the export has.
  const uploaded = new Map(posts.map(({ image }, i) => [image, uploadName(image ?? "", i + 1)]));
  for (const image of images) {
    await rename(join(folder, "pictures", image), join(folder, "pictures", uploaded.get(image) ?? ""));
  }
  const captions = (await readFile(join(folder, "captions.jsonl"), "utf8")).trim().split("\n");
  const renamed = captions.map((line) => {
    const { image, caption } = JSON.parse(line) as { image: string; caption: string };
    return `${JSON.stringify({ image: uploaded.get(image), caption })}\n`;
  });
  await writeFile(join(folder, "captions.jsonl"), renamed.join(""));
  const unseen = ownPosts({ count: 40, seed: 1000 + seed, name: "new" });
  const lines = unseen.map(({ id, text }) => `${JSON.stringify({ id, text })}\n`);
  await writeFile(join(folder, "posts.jsonl"), lines.join(""));
  if (ENCODER === undefined) await writeTinyBert(join(folder, "roberta-base"), vocabularyOf(posts), seed);
  else await symlink(resolve(ENCODER), join(folder, "roberta-base"));
  await writeTinyResnet(join(folder, "resnet"), seed);
  return { folder, posts };
}

/** Every number in the run's log is finite. */
async function expectFiniteMetrics(run: string): Promise<void> {
  const lines = (await readFile(join(run, "metrics.jsonl"), "utf8")).trim().split("\n");
  expect(lines.length).toBeGreaterThan(2);
  const visit = (value: unknown): void => {
    if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) visit(inner);
    else expect(value, run).not.toBeNull(); // JSON's form of NaN and infinities
  };
  for (const line of lines) visit(JSON.parse(line));
}

async function megabytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes / 1e6;
}

async function linesOf<T>(path: string): Promise<T[]> {
  const text = await readFile(path, "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

interface Found {
  readonly id: string;
  readonly entities: readonly { readonly probability?: number }[];
  readonly relations: readonly { readonly probability?: number }[];
}

/** Text, mentions and relations of a document, whatever its id and the order of its entities. */
function contentOf({ text, entities, relations }: Document): string {
  const mention = (index: number) => {
    const { start, end, label } = entities[index]!; // relations point to entities of the document
    return `${start}-${end} ${label}`;
  };
  return JSON.stringify({
    text,
    entities: entities.map((_, i) => mention(i)).sort(),
    relations: relations.map(({ head, tail, label }) => `${mention(head)} ${label} ${mention(tail)}`).sort(),
  });
}

describe.each(SEEDS)("the README's commands, seed %i", { timeout: 30 * MINUTES }, (seed) => {
  const figures: Record<string, number | string> = {};
  let folder = "";
  let posts: readonly Document[] = [];

  /** Runs a command unchanged; for all seeds but the first, adds the seed to the training. */
  async function follow(line: string): Promise<string> {
    const seeded = seed > 1 && line.includes(" train ") ? `${line} --seed ${seed}` : line;
    const began = Date.now();
    const { code, out } = await shell(seeded, folder);
    figures[line.split(" ").slice(2, 6).join(" ")] = `${((Date.now() - began) / 1000).toFixed(0)} s`;
    expect([code, out], seeded).toEqual([0, expect.not.stringMatching(/\bNaN\b|Infinity/)]);
    return out;
  }

  /** Runs the README's command of this name. */
  const step = (name: string) => follow(COMMANDS.find((line) => line.split(" ")[2] === name) ?? name);

  beforeAll(async () => {
    ({ folder, posts } = await prepare(seed));
  });
  afterAll(() => {
    if (SEEDS.length > 1 || ENCODER !== undefined) console.table(figures);
  });

  it("are those of the page", () => {
    const names = COMMANDS.map((line) => line.split(" ")[2]);
    expect(names).toEqual([
      "import",
      "validate",
      "audit",
      "init",
      "train",
      "evaluate",
      "extract",
      "extract",
      "view",
    ]);
  });

  it("read the export without losing or moving a mention, and count what other people annotated", async () => {
    const out = await step("import");
    expect(out).toContain("read as label-studio");
    expect(out).toMatch(/data\/other-annotators/);
    expect(out).toMatch(/data\/cancelled-annotation/);
    const parts = await Promise.all(
      ["train", "validation", "test"].map((part) => linesOf<Document>(join(folder, "data", `${part}.jsonl`))),
    );
    expect(parts.flat().map(contentOf).sort()).toEqual(posts.map(contentOf).sort());
    const texts = parts.map((part) => new Set(part.map(({ text }) => text)));
    for (const [i, part] of texts.entries()) {
      for (const other of texts.slice(i + 1)) expect([...part].filter((text) => other.has(text))).toEqual([]);
    }
    expect(parts[2]!.some(({ entities, relations }) => entities.length > 1 && relations.length === 0)).toBe(
      true,
    );
    const validated = await step("validate");
    expect(validated.match(/pictures named, none missing/g)).toHaveLength(3);
    // These posts share a handful of drawn pictures whose names tell what is in them, and an audit says so.
    const audit = await shell(COMMANDS.find((line) => line.split(" ")[2] === "audit") ?? "", folder);
    expect([audit.code, audit.out]).toEqual([1, expect.stringMatching(/error\[leak\/duplicate-picture\]/)]);
    expect(audit.out).toMatch(/error\[leak\/side-feature\] picture name/);
    expect(audit.out).not.toMatch(/error\[leak\/(near-)?duplicate-text\]/); // the split kept them together
  });

  it("train both models, score the whole on posts it has not seen, and extract", async () => {
    expect(await step("init")).toContain("wrote relata.config.ts");
    await step("train");
    for (const run of ["entities", "relations"]) await expectFiniteMetrics(join(folder, "runs/posts", run));
    figures["runs/posts, MB on disk"] = Math.round(await megabytes(join(folder, "runs/posts")));
    const scored = await step("evaluate");
    const [endToEnd] = /relations, end to end.*$/m.exec(scored) ?? [];
    expect(endToEnd).toBeDefined();
    figures.score = endToEnd ?? "";
    const [sentence = "", file = ""] = COMMANDS.filter((line) => line.includes(" extract "));
    expect(await follow(sentence)).not.toMatch(/\b1\.0000\b/); // certain of nothing
    await follow(file);
    const text = await readFile(join(folder, "found.jsonl"), "utf8");
    const found = await linesOf<Found>(join(folder, "found.jsonl"));
    expect(found).toHaveLength(40);
    for (const { entities, relations } of found) {
      for (const { probability = 0.5 } of [...entities, ...relations]) {
        expect(probability).toBeGreaterThan(0);
        expect(probability).toBeLessThan(1);
      }
    }
    expect(await follow(`${file.replace(/#.*/, "")} --resume`)).toContain("already complete");
    expect(await readFile(join(folder, "found.jsonl"), "utf8")).toBe(text);
  });

  it("end in a page that holds every post and asks nothing of other machines", async () => {
    await step("view");
    const page = await readFile(join(folder, "found.html"), "utf8");
    for (const { id } of await linesOf<Found>(join(folder, "found.jsonl"))) expect(page).toContain(id);
    expect(page).not.toMatch(/(src|href)="https?:/);
  });

  it("end in a model that does not find a relation in every post without one", async () => {
    const without = ownPosts({ count: 200, seed: 2000 + seed, name: "none" }).filter(
      ({ relations, entities }) => relations.length === 0 && entities.length > 1,
    );
    expect(without.length).toBeGreaterThan(20);
    const lines = without.map((post) => `${JSON.stringify(post)}\n`);
    await writeFile(join(folder, "without.jsonl"), lines.join(""));
    await follow(
      "npx relata extract runs/posts/bundle without.jsonl --given-mentions --out without-found.jsonl",
    );
    const found = await linesOf<Found>(join(folder, "without-found.jsonl"));
    const wrong = found.filter(({ relations }) => relations.length > 0).length;
    figures["posts without a relation"] = without.length;
    figures["a relation found in"] = wrong;
    expect(wrong / without.length).toBeLessThan(ENCODER === undefined ? 0.8 : 0.5);
  });

  it.each([
    ["--pictures pictures --picture-encoder ./resnet", "pictures"],
    ["--captions captions.jsonl", "captions"],
  ])("train both models with %s on the defaults, and resume", async (options, name) => {
    const init = COMMANDS.find((line) => line.includes(" init "))?.replace(/#.*/, "");
    await follow(`${init} ${options} --out ${name}.config.ts`);
    // One epoch shows that training with the defaults starts and stays finite; a real encoder trains all epochs.
    const few = ENCODER === undefined ? " --epochs 1" : "";
    await follow(`npx relata train --config ${name}.config.ts --run runs/${name}${few}`);
    for (const run of ["entities", "relations"]) await expectFiniteMetrics(join(folder, "runs", name, run));
    figures[`${name}, MB on disk`] = Math.round(await megabytes(join(folder, "runs", name)));
    await follow(`npx relata train --run runs/${name} --resume`);
    const visual = name === "pictures" ? "--pictures pictures" : "--captions captions.jsonl";
    await follow(`npx relata evaluate runs/${name}/bundle data/test.jsonl ${visual}`);
  });
});
