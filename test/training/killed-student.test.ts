// Kills `relata train` of a student (its teachers first) and resumes it: scores, models and records must equal an undisturbed run's, byte for byte.
// RELATA_KILLS=200 npx vitest run test/training/killed-student.test.ts  kills at that many random moments; by default, at three chosen ones.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stream } from "../../src/training/index.ts";
import { drawWorld } from "../../src/world/generate.ts";
import { writeTinyBert, writeTinyResnet } from "../../src/world/tiny-encoders.ts";
import { worldVocabulary } from "../../src/world/vocabulary.ts";
import { writeWorld } from "../../src/world/write.ts";
import { CLI, relata } from "../cli/run-cli.ts";

const KILLS = Number(process.env.RELATA_KILLS ?? 0);
/** Runs that are killed in parallel. */
const LANES = Number(process.env.RELATA_LANES ?? 1);
const LOOK_EVERY_MS = 10;
/** A run killed too often to progress gets more time after each kill. */
const PATIENCE = 1.1;
const MS_PER_KILL = 60_000; // what a loaded machine may need to start and work between two of them
/** Output of a run when a stage starts. */
const STAGES = [/training teacher 2/, /teachers trained 2\/2/, /^step \d+, epoch 1:/m];

let work = "";

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "relata-kill-"));
  const sizes = { train: 24, validation: 8, test: 1 };
  await writeWorld(join(work, "world"), sizes);
  await writeTinyBert(join(work, "bert"), worldVocabulary(drawWorld(sizes)), 1);
  await writeTinyResnet(join(work, "resnet"), 1);
  const simulator = { adapter: "simulator", world: "world" };
  writeFileSync(
    join(work, "plan.json"),
    JSON.stringify({
      data: { path: "world/train.jsonl" },
      ...{ direction: "text", rounds: 1, chains: 3, textToImage: simulator, imageToText: simulator },
    }),
  );
  const { code, stderr } = await relata(["synthesize", "plan.json", "--store", "store"], { cwd: work });
  expect([code, stderr]).toEqual([0, expect.anything()]);
  writeFileSync(
    join(work, "config.json"),
    JSON.stringify({
      method: "mi2rage",
      encoder: "bert",
      data: { train: "world/train.jsonl", validation: "world/validation.jsonl", pictures: "world/pictures" },
      visual: { kind: "pictures", encoder: "resnet" },
      synthesis: { store: "store", views: 2, selection: { when: "epoch", epochs: 2 } },
      model: { fusion: { width: 16, heads: 2 } },
      training: {
        ...{ epochs: 3, batchSize: 8, learningRate: 0.003, maxLength: 48, threads: 1, frozenLayers: 1 },
        keep: "all",
      },
    }),
  );
}, 180_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** When to kill a process: after some working time, or after some output. */
type Moment = { readonly lifeMs: number } | { readonly printed: RegExp };

/** A process's working time: CPU time, so that the machine's other work does not count; elsewhere, time since `started`. */
function workedMs(pid: number | undefined, started: number): number {
  if (process.platform !== "linux") return performance.now() - started;
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12])); // user and system time in hundredths of a second
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return 0; // it has ended
    throw error;
  }
}

interface Life {
  readonly killed: boolean;
  readonly code: number | null;
  /** It has worked this long. */
  readonly ms: number;
  readonly output: string;
}

/** Trains into a run folder, and resumes its run if there is one. */
async function train(folder: string, moment?: Moment): Promise<Life> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...[CLI, "train", "--config", "config.json", "--run", folder, "--resume"],
      ...["--set", `cache=${folder}/cache`],
    ],
    { cwd: work, stdio: ["ignore", "ignore", "pipe"] },
  );
  let output = "";
  child.stderr.on("data", (text: Buffer) => {
    output += text.toString();
    if (moment && "printed" in moment && moment.printed.test(output)) child.kill("SIGKILL");
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
    child.once("close", (code, signal) => done({ code, signal })),
  );
  let ms = 0;
  while (child.exitCode === null && child.signalCode === null) {
    ms = Math.max(ms, workedMs(child.pid, started));
    if (moment && "lifeMs" in moment && ms >= moment.lifeMs) child.kill("SIGKILL");
    await sleep(LOOK_EVERY_MS);
  }
  const { code, signal } = await ended;
  return { killed: signal === "SIGKILL", code, ms, output };
}

/** Not compared: files with clock times, caches that depend on the order of reading, and locks. */
const APART = /tensorboard|^cache|(^|\/)lock\.[0-9a-f-]+\.tmp$/;

/** Returns the run's files. */
function contents(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (!entry.isFile() || APART.test(path)) continue;
    const name = path.replace(/\d{6}-step/, "step"); // the serial counts every checkpoint
    files[name] = readFileSync(join(folder, path), "latin1").replaceAll(folder, "<run>");
  }
  return files;
}

function expectSame(found: string, wanted: Record<string, string>): void {
  const got = contents(found);
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
  const differing = Object.keys(wanted).filter((name) => got[name] !== wanted[name]);
  expect(differing).toEqual([]);
}

/** Returns what a run was doing, from its last output. */
function placeOf(output: string): string {
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  return last === "" ? "starting" : (/^[a-z]+( teachers?( trained)? \d)?/.exec(last)?.[0] ?? "reading");
}

async function undisturbed() {
  const folder = join(work, "undisturbed");
  const { code, ms, output } = await train(folder);
  expect(code, output).toBe(0);
  const wanted = contents(folder);
  const names = Object.keys(wanted);
  for (const name of [
    ...["model-best/model.safetensors", "model-last/model.safetensors", "model-best/calibration.json"],
    ...["teachers/scores.jsonl", "teachers/teacher-1/model-last/model.safetensors", "metrics.jsonl"],
  ]) {
    expect(names).toContain(name);
  }
  return { wanted, ms };
}

describe("a student's training that is killed and resumed", () => {
  test.skipIf(KILLS > 0)(
    "ends as an undisturbed run does, when each of its stages was killed",
    {
      timeout: 300_000,
    },
    async () => {
      const { wanted } = await undisturbed();
      const folder = join(work, "disturbed");
      for (const printed of STAGES) expect((await train(folder, { printed })).killed).toBe(true);
      const last = await train(folder);
      expect(last.code, last.output).toBe(0);
      expectSame(folder, wanted);
    },
  );

  test.skipIf(KILLS === 0)(
    `ends as an undisturbed run does, after ${KILLS} kills at random moments`,
    {
      timeout: 300_000 + KILLS * MS_PER_KILL,
    },
    async () => {
      const { wanted, ms } = await undisturbed();
      let kills = 0;
      let lives = 0;
      let runs = 0;
      const places = new Map<string, number>();
      const lane = async (number: number) => {
        const moments = stream(1, number, "kills");
        for (let run = 0; kills < KILLS; run++) {
          const folder = join(work, `disturbed-${number}-${run}`);
          for (let longest = ms; ; longest *= PATIENCE) {
            const last = kills >= KILLS;
            const { killed, code, output } = await train(
              folder,
              last ? undefined : { lifeMs: moments.uniform() * longest },
            );
            lives++;
            if (killed) {
              kills++;
              const place = placeOf(output);
              places.set(place, (places.get(place) ?? 0) + 1);
            } else {
              expect(code, output).toBe(0);
              break;
            }
          }
          expectSame(folder, wanted);
          runs++;
          rmSync(folder, { recursive: true });
          console.log(
            `${runs} runs the same after ${kills} kills in ${lives} lives; killed while: ${[...places].join(" ")}`,
          );
        }
      };
      await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
      expect(kills).toBeGreaterThanOrEqual(KILLS);
    },
  );
});
