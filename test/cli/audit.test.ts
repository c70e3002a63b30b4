import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relata } from "./warm-program.ts";

/** A post about two people whose relation has a label. */
function post(id: string, text: string, label = "knows", image?: string) {
  const head = text.split(" ")[0] ?? "";
  const tail = text.split(" ").at(-1) ?? "";
  return {
    id,
    text,
    ...(image !== undefined && { image }),
    entities: [
      { start: 0, end: head.length, label: "PER" },
      { start: text.length - tail.length, end: text.length, label: "PER" },
    ],
    relations: [{ head: 0, tail: 1, label }],
  };
}

const TRAIN = [
  post("1", "Ada met the old painter at the harbour with Bo", "knows", "a.png"),
  post("2", "Cy saw a long film about the northern sea with Di"),
  post("3", "Eve sent two letters from the mountain village to Flo"),
  post("4", "Eve sent two letters from the mountain village to Flo", "None"),
];
const TEST = [
  post("5", "ADA met the old  painter at the harbour with Bo", "knows", "b.png"), // the same text as 1
  post("6", "Cy saw a very long film about the northern sea with Di"), // nearly that of 2
  post("7", "Gus bought nine green chairs in some other town near Hal"),
  post("1", "Ida wrote down what everybody had sung for Jon"), // the id of another
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-audit-cli-"));
  const lines = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");
  await writeFile(join(folder, "train.jsonl"), lines(TRAIN));
  await writeFile(join(folder, "test.jsonl"), lines(TEST));
  await writeFile(join(folder, "clean-test.jsonl"), lines([TEST[2]]));
  await writeFile(join(folder, "predictions.jsonl"), lines([TEST[0], { ...TEST[2], relations: [] }]));
  await mkdir(join(folder, "pictures"));
  // Noise of 8 x 8 squares: a picture with something in every part.
  const noise = Uint8Array.from({ length: 64 * 3 }, (_, i) => (i * 7919) % 251);
  const picture = sharp(noise, { raw: { width: 8, height: 8, channels: 3 } }).resize(160, 160);
  await picture
    .clone()
    .png()
    .toFile(join(folder, "pictures", "a.png"));
  await picture
    .clone()
    .resize(90, 90)
    .png()
    .toFile(join(folder, "pictures", "b.png"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => relata(["audit", ...args], { cwd: folder });

interface Found {
  readonly code: string;
  readonly severity: string;
  readonly split: string;
  readonly sentence: string;
  readonly rows: readonly { readonly id: string }[];
}

describe("relata audit", () => {
  it("finds what the splits share and what contradicts itself, the worst first, and exits with 1", async () => {
    const { code, stdout } = await run(
      "train.jsonl",
      "test.jsonl",
      "--pictures",
      "pictures",
      "--predictions",
      "predictions.jsonl",
      "--json",
      "--checks",
      "shared-ids",
      "duplicate-texts",
      "duplicate-pictures",
      "seen-in-training",
      "conflicting-labels",
    );
    expect(code).toBe(1);
    const { findings } = JSON.parse(stdout) as { findings: Found[] };
    const rowsOf = (name: string, split = "train / test") =>
      findings.find((one) => one.code === name && one.split === split)?.rows.map(({ id }) => id);
    expect(rowsOf("leak/duplicate-text")).toEqual(["5"]);
    expect(rowsOf("leak/near-duplicate-text")).toEqual(["6"]);
    expect(rowsOf("leak/shared-id")).toEqual(["1"]);
    expect(rowsOf("leak/duplicate-picture")).toEqual(["5"]);
    expect(rowsOf("label/conflicting-relations", "train")).toEqual(["3", "4"]);
    const order = ["error", "warning", "note"];
    const severities = findings.map(({ severity }) => order.indexOf(severity));
    expect(severities).toEqual([...severities].sort());
    const pairs = findings.find((one) => one.code === "leak/seen-pairs");
    // Of four pairs of the test split, two are in training: Ada and Bo, Cy and Di. One of the two predictions is right.
    expect(pairs?.sentence).toContain("2 of 4 pairs of mentions (50.0 %)");
    expect(pairs?.sentence).toContain("100.0 (1 gold answer) on seen and 0.0 (1 gold answer) on unseen");
  });

  it("counts what an ignore list accepts, says which entries match nothing, and then exits with 0", async () => {
    const ignore = [
      { code: "leak/duplicate-text", split: "train / test", reason: "a quotation" },
      { code: "leak/near-duplicate-text", ids: ["6"], reason: "looked at" },
      { code: "leak/shared-id", reason: "ids are not used" },
      { code: "leak/seen-pairs", feature: "nothing", reason: "out of date" },
    ];
    await writeFile(join(folder, "accepted.json"), JSON.stringify(ignore));
    const args = [
      "train.jsonl",
      "test.jsonl",
      "--skip",
      "side-features",
      "conflicting-labels",
      "--ignore",
      "accepted.json",
    ];
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(stdout).toContain("ignored[leak/duplicate-text] text, train / test: a quotation");
    expect(stdout).toContain("an entry of the ignore list matches nothing: leak/seen-pairs (out of date)");
    expect(stdout).toMatch(/0 errors, \d+ warnings?, \d+ notes?, 3 ignored/); // the warning: row 4 repeats row 3
    await writeFile(join(folder, "no-reason.json"), JSON.stringify([{ code: "leak/shared-id" }]));
    const refused = await run("train.jsonl", "--ignore", "no-reason.json");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("audit/bad-ignore-list");
  });

  it("writes a page, and takes splits from options", async () => {
    const { code, stdout } = await run(
      "--train",
      "train.jsonl",
      "--test",
      "clean-test.jsonl",
      "--skip",
      "side-features",
      "--html",
      "audit.html",
      "--fail-on",
      "warning",
    );
    expect(stdout).toContain("page: audit.html");
    expect(code).toBe(1); // two rows of the training split contradict each other
    expect(await readFile(join(folder, "audit.html"), "utf8")).toContain("label/conflicting-relations");
  });

  it.each([
    [["missing.jsonl"], "data/cannot-read"],
    [["train.jsonl", "--checks", "duplicates"], "audit/unknown-check"],
    [["train.jsonl", "--side", "crops=nowhere.json"], "data/cannot-read"],
    [["train.jsonl", "--side", "crops"], "cli/wrong-usage"],
    [[], "cli/no-input"],
  ])("refuses %j with %s and exit code 2", async (args, expected) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toContain(expected);
    expect(code).toBe(2);
  });
});
