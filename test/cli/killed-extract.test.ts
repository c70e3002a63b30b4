// Killed and resumed extractions give the same bytes: at random moments (RELATA_KILLS of them, RELATA_KILL_SEED draws others) and, if strace
// is installed and RELATA_KILLS is set, at each rename, removal, link and truncation.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportBundle } from "../../src/extract/export-bundle.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { stream } from "../../src/training/random.ts";
import { CLI } from "./run-cli.ts";

const KILLS = Number(process.env.RELATA_KILLS ?? 2);
const SEED = Number(process.env.RELATA_KILL_SEED ?? 1);
const ROWS = 260;

let folder: string;
let world: TinyWorld;
const at = (name: string) => join(folder, name);
const ENDINGS = ["jsonl", "parquet"] as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-killed-extract-"));
  world = await tinyWorld(folder);
  const entities = await tinyModel(world, "mner", "none");
  const relations = await tinyModel(world, "mre", "none");
  await exportBundle({ entities, relations, folder: at("bundle") });
  const texts = world.corpus.posts.validation.map(({ text }) => text);
  const lines = Array.from({ length: ROWS }, (_, row) =>
    JSON.stringify({ text: row % 50 === 49 ? "" : `${texts[row % texts.length]} ${row}` }),
  );
  await writeFile(at("posts.jsonl"), `${lines.join("\n")}\n`);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

const argumentsFor = (out: string) => [
  ...[CLI, "extract", "bundle", "posts.jsonl", "--no-pictures", "--threads", "1"],
  ...["--out", out, "--resume"],
];
const start = (out: string, before: readonly string[] = []) => {
  const [command = process.execPath, ...rest] = [...before, process.execPath, ...argumentsFor(out)];
  return spawn(command, rest, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
};

function ended(child: ChildProcess) {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise<{ readonly code: number | null; readonly stderr: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, stderr })),
  );
}

/** Resumes until complete, and compares with the undisturbed output. */
async function resumed(out: string, expected: readonly (readonly [string, Buffer])[]) {
  const { code, stderr } = await ended(start(out));
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  for (const [ending, content] of expected) expect(await readFile(at(out + ending))).toEqual(content);
  const left = (await readdir(folder)).filter((name) => name.startsWith(out)).sort();
  expect(left).toEqual([out, `${out}.rejected.jsonl`]);
  await Promise.all(left.map((name) => rm(at(name))));
}

async function undisturbed(out: string) {
  const begun = performance.now();
  const { code, stderr } = await ended(start(out));
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^/)]);
  const seconds = performance.now() - begun;
  const read = async (ending: string) => [ending, await readFile(at(out + ending))] as const;
  return { milliseconds: seconds, files: [await read(""), await read(".rejected.jsonl")] };
}

describe("an extraction that is killed", () => {
  it(
    `gives the same bytes after ${KILLS} kills at random moments`,
    async () => {
      const random = stream(SEED, 0, "kills of extractions");
      const states = new Map<string, number>();
      for (const ending of ENDINGS) {
        const { milliseconds, files } = await undisturbed(`whole.${ending}`);
        for (let kill = 0; kill < Math.ceil(KILLS / ENDINGS.length); kill++) {
          const out = `killed-${kill}.${ending}`;
          // Some outputs are killed more than once; each process may end anywhere from its start to its end.
          const lives = 1 + (random.uint32() % 2);
          for (let life = 0; life < lives; life++) {
            const child = start(out);
            const end = ended(child);
            const timer = setTimeout(() => child.kill("SIGKILL"), random.uniform() * milliseconds);
            await end;
            clearTimeout(timer);
            const state = await stateOf(out);
            states.set(state, (states.get(state) ?? 0) + 1);
          }
          await resumed(out, files);
        }
      }
      if (KILLS > 2)
        console.log(`${KILLS} outputs, lives that ended: ${[...states].map((s) => s.join(" ")).join(", ")}`);
    },
    300_000 + 60_000 * KILLS,
  );

  const strace = spawnSync("strace", ["-V"]).status === 0;
  it.runIf(strace && process.env.RELATA_KILLS !== undefined)(
    "gives the same bytes when it dies at any step of its beginning and its end",
    async () => {
      for (const ending of ENDINGS) {
        const { files } = await undisturbed(`steps.${ending}`);
        for (const call of ["rename", "unlink", "link", "ftruncate"]) {
          for (let step = 1; ; step++) {
            const out = `step-${call}-${step}.${ending}`;
            const inject = `inject=${call},?${call}at:signal=SIGKILL:when=${step}`;
            const trace = [
              "strace",
              "-f",
              "-qq",
              "-o",
              "/dev/null",
              "-e",
              `trace=${call},?${call}at`,
              "-e",
              inject,
            ];
            await ended(start(out, trace));
            const isComplete = existsSync(at(out)) && !existsSync(at(`${out}.progress.json`));
            await resumed(out, files);
            if (isComplete || (KILLS <= 3 && step >= 2)) break;
          }
        }
      }
    },
    3_600_000,
  );
});

async function stateOf(out: string): Promise<string> {
  if (existsSync(at(out)))
    return existsSync(at(`${out}.progress.json`)) ? "between rename and end" : "complete";
  if (!existsSync(at(`${out}.progress.json`)))
    return existsSync(at(`${out}.partial`)) ? "before the first record" : "starting";
  const { account, complete } = JSON.parse(await readFile(at(`${out}.progress.json`), "utf8"));
  return complete ? "before the rename" : account.rows === 0 ? "before the first rows" : "between rows";
}
