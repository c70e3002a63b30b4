// The programs of examples/ for the generator `command` do what their first lines say, called as relata calls them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCommandRewriting, rewriteSchema } from "../../src/synthesis/generators/command.ts";
import { readContent } from "../../src/synthesis/store/object-store.ts";
import { openViewStore } from "../../src/synthesis/store/open-store.ts";
import { relata } from "./run-cli.ts";

const EXAMPLES = resolve(import.meta.dirname, "../../examples");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-examples-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that stands in for a translator: it shows nothing about the quality of back-translation. */
function translator(name: string, code: string): string[] {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { text } from "node:stream/consumers";\nconst given = await text(process.stdin);\n${code}\n`,
  );
  return [process.execPath, file];
}

describe("back-translation", () => {
  const TEXT = "Ada Lovelace (York) met Bo near New York.";
  const span = (words: string, from = 0) => {
    const start = TEXT.indexOf(words, from);
    return { start, end: start + words.length };
  };
  const rewrite = (
    there: string[],
    back: string[],
    mentions = [span("Ada Lovelace"), span("Bo"), span("York")],
  ) => {
    const command = [process.execPath, join(EXAMPLES, "back-translation.mjs"), ...there, "--", ...back];
    const settings = rewriteSchema.parse({ adapter: "command", command, model: "scripted" });
    const request = { text: TEXT, mentions, seed: 7, instance: "post", step: 1 };
    return openCommandRewriting(settings, process.env).rewrite(request, new AbortController().signal);
  };
  const same = () => translator("same", "process.stdout.write(given);");

  it("translates there and back, around the mentions, and says where they are now", async () => {
    const there = translator(
      "there",
      'process.stdout.write(given.replace("met", "traf") + process.env.SEED);',
    );
    const back = translator(
      "back",
      'const [a, b] = given.split(" traf ");\nprocess.stdout.write(b + " met " + a);',
    );
    const { content, mentions } = await rewrite(there, back);
    const text = new TextDecoder().decode(content.bytes);
    expect(text).toBe("Bo near New York.7 met Ada Lovelace (York)");
    expect(mentions!.map(({ start, end }) => text.slice(start, end))).toEqual(["Ada Lovelace", "Bo", "York"]);
  });

  it("keeps mentions that overlap, and the place of one whose words occur twice", async () => {
    const all = [span("York", 30), span("New York"), span("Bo")];
    const { mentions } = await rewrite(same(), same(), all);
    expect(mentions).toEqual(all);
  });

  it("refuses a text of which a mention was lost or doubled, and fails with the program", async () => {
    for (const code of ['given.replace("[2]", "")', 'given + " [1]"'])
      await expect(
        rewrite(same(), translator("bad", `process.stdout.write(${code});`)),
      ).rejects.toMatchObject({
        reason: "refused",
        message: expect.stringContaining("a mention was lost in translation"),
      });
    const broken = translator("broken", 'console.error("no such language");\nprocess.exit(2);');
    await expect(rewrite(same(), broken)).rejects.toMatchObject({
      code: "synthesis/command-failed",
      message: expect.stringContaining("no such language"),
    });
  });
});

describe("the autoencoder of pictures", () => {
  const program = (name: string) => join(EXAMPLES, "picture-vae", name);
  const train = (documents: string, model: string) => {
    const args = [program("train.mjs"), documents, "world/pictures", model, "15", "64"];
    return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  };
  const losses = (said: string) => [...said.matchAll(/epoch \d+: ([\d.]+)/g)].map(([, loss]) => Number(loss));

  it("learns from pairs without their labels, and draws pictures by text and seed", async () => {
    const { code } = await relata(["world", "world", "--train", "60", "--validation", "1", "--test", "1"], {
      cwd: folder,
    });
    expect(code).toBe(0);
    const first = train("world/train.jsonl", "model");
    expect(first.status, first.stderr).toBe(0);
    const found = losses(first.stderr);
    const [before, after] = [found[0]!, found.at(-1)!];
    expect(after).toBeLessThan(0.9 * before);

    // Other labels, other types and other places of mentions: the same model.
    const lines = readFileSync(join(folder, "world/train.jsonl"), "utf8").trim().split("\n");
    const unlabelled = lines.map((line) => ({ ...JSON.parse(line), entities: [], relations: [] }));
    writeFileSync(
      join(folder, "unlabelled.jsonl"),
      unlabelled.map((one) => `${JSON.stringify(one)}\n`).join(""),
    );
    expect(train("unlabelled.jsonl", "again").status).toBe(0);
    const weights = (model: string) => readFileSync(join(folder, model, "decoder.bin"));
    expect(weights("again").equals(weights("model"))).toBe(true);

    const plan = {
      ...{ data: { path: "world/train.jsonl", limit: 3 }, direction: "text", rounds: 1, chains: 2 },
      textToImage: {
        ...{ adapter: "command", model: "vae 1" },
        command: [process.execPath, program("generate.mjs"), join(folder, "model")],
      },
      checks: { duplicateLevels: 0 }, // after so few epochs, they are much alike
    };
    writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
    const made = await relata(["synthesize", "plan.json", "--store", "views"], { cwd: folder });
    expect(made.code, made.stderr).toBe(0);
    expect(existsSync(join(folder, "views", "ledger.jsonl"))).toBe(true);
    const contents = new Set<string>();
    for await (const view of (await openViewStore(join(folder, "views"))).views()) {
      expect(view.rejected).toBeUndefined();
      contents.add(view.content);
      expect(await sharp(await readContent(view)).metadata()).toMatchObject({
        width: 96,
        height: 96,
        channels: 3,
      });
    }
    expect(contents.size).toBe(6);
  }, 240_000);
});
