import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import type { ConfigInput } from "../../config/schema.ts";
import { type TinyWorld, tinyWorld } from "../../extract/testing/tiny-models.ts";
import { benchTimeToScore } from "./time-to-score.ts";

let folder: string;
let world: TinyWorld;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-time-to-score-test-"));
  world = await tinyWorld(folder);
});
afterAll(() => rm(folder, { recursive: true }));

function settingOf(name: string, task: "mre" | "mner", training: ConfigInput["training"] = {}) {
  const { train, validation, relations } = world.files;
  const config: ConfigInput = {
    ...{ task, encoder: join(folder, "bert"), data: { train, validation, relations } },
    visual: { kind: "none" },
    model: { attention: { enabled: false }, mixup: { enabled: false }, tagging: { emissionWidth: 8 } },
    training: { epochs: 1, batchSize: 16, maxLength: 48, threads: 1, ...training },
  };
  return { name, config: parseConfig(config, "test") };
}

/** A reference that scores everything 0 in its first step and knows every relation in its second; `width` numbers for each text. */
async function reference(width: string): Promise<string> {
  const path = join(folder, "reference.mjs");
  await writeFile(
    path,
    `import { readFileSync, writeFileSync } from "node:fs";
const folder = process.argv.at(-1);
const { validation, labels, task, train, rates } = JSON.parse(readFileSync(folder + "/data.json", "utf8"));
if (train.some(({ ids }) => ids.length < 3) || !(rates.encoder > 0)) throw new Error("bad data");
const of = (n) => Array(n).fill(0);
const chain = task === "mner" ? { start: of(labels), end: of(labels), transitions: of(labels * labels) } : null;
console.log(JSON.stringify({ ready: true, precision: "none" }));
process.stdin.setEncoding("utf8").on("data", (line) => {
  if (!line.startsWith("step")) process.exit(0);
  const number = Number(line.split(" ")[1]);
  const rows = validation.map(({ ids, label }) => {
    const row = of(${width});
    if (number > 0 && task === "mre") row[label] = 1;
    return row;
  });
  writeFileSync(folder + "/answers.json", JSON.stringify({ answers: rows, chain }));
  console.log(JSON.stringify({ seconds: 5, peakRssBytes: 1000, answers: folder + "/answers.json" }));
});
`,
  );
  return `node ${path}`;
}

it("trains settings and a reference in turns, and scores the reference's answers as its own", async () => {
  const parts: number[] = [];
  const result = await benchTimeToScore({
    settings: [settingOf("plain", "mre"), settingOf("frozen", "mre", { frozenLayers: 1, epochs: 2 })],
    documents: 40,
    parts: 2,
    against: [await reference("labels")],
    onPart: (done) => parts.push(done),
  });
  const [plain, frozen, peer] = result.trainings;
  expect(result.aim).toBe(1);
  expect(result.leader).toBe(peer?.name);
  expect(peer).toMatchObject({ seconds: 10, ratio: 1, best: 1 });
  expect(peer?.points.map(({ f1, seconds, epochs }) => [f1, seconds, epochs])).toEqual([
    [0, 5, 0.5],
    [1, 10, 1],
  ]);
  expect([plain?.name, frozen?.name]).toEqual(["plain", "frozen"]);
  expect(plain?.points).toHaveLength(2);
  expect(frozen?.points.at(-1)?.epochs).toBe(2);
  expect(plain?.preparation).toBeLessThan(frozen!.preparation);
  for (const { points, preparation } of [plain!, frozen!]) {
    const seconds = [preparation, ...points.map((point) => point.seconds)];
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  }
  expect(frozen!.points.length).toBeGreaterThan(2);
  const processor = plain!.points.map((point) => point.processorSeconds!);
  expect(processor[0]).toBeGreaterThan(0);
  expect(processor).toEqual(processor.toSorted((a, b) => a - b));
  expect(peer?.processorSeconds).toBeUndefined(); // this reference does not tell it
  const all = result.trainings.flatMap(({ points }) => points);
  expect(parts).toEqual(all.map((_, i) => i + 1));
});

it("gives a reference entities too, and names one whose scores do not fit", async () => {
  const run = async (width: string) => {
    const against = [await reference(width)];
    return benchTimeToScore({ settings: [settingOf("plain", "mner")], validation: 8, parts: 1, against });
  };
  const { trainings, validation } = await run("labels * ids.length");
  expect(validation).toBe(8); // of 32, and the reference's rows fit them
  expect(trainings[1]?.points).toMatchObject([{ epochs: 1, f1: 0 }]);
  await expect(run("labels")).rejects.toMatchObject({ code: "bench/other-scores" });
});

it("refuses a task that it cannot train", async () => {
  const setting = settingOf("students", "mre");
  const students = { ...setting, config: { ...setting.config, method: "mi2rage" } };
  await expect(benchTimeToScore({ settings: [students], parts: 1, against: [] })).rejects.toMatchObject({
    code: "bench/other-task",
  });
});
