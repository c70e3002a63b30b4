// Kills `relata synthesize` at random moments and runs it again: the store must equal an undisturbed run's, byte for byte.
// RELATA_KILLS=200 npx vitest run test/synthesis/killed-synthesis.test.ts  tries more moments.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeWorld } from "../../src/world/write.ts";
import { CLI } from "../cli/run-cli.ts";
import { drawsOf } from "../draws.ts";
import { storeFiles } from "./store-files.ts";

const KILLS = Number(process.env.RELATA_KILLS ?? 4);
/** Divisor of an undisturbed run's time: a store then survives several kills before it is complete. */
const KILLS_PER_STORE = 5;
/** The machine may be busier now: a store killed too often to progress gets more time after each kill. */
const PATIENCE = 1.2;
const MS_PER_KILL = 20_000; // what a loaded machine may need to start and work between two of them

const draw = drawsOf("killed-synthesis");
let work = "";

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "relata-kill-"));
  await writeWorld(join(work, "world"), { train: 24, validation: 1, test: 1 });
  for (const direction of ["text", "picture"]) {
    const simulator = { adapter: "simulator", world: "world" };
    const plan = {
      data: { path: "world/train.jsonl", pictures: "world/pictures" },
      ...{ direction, rounds: 2, chains: 3, seed: 5 },
      textToImage: { ...simulator, duplicate: 0.4 },
      imageToText: simulator,
    };
    writeFileSync(join(work, `${direction}.json`), JSON.stringify(plan));
  }
}, 60_000);

afterAll(() => rmSync(work, { recursive: true, force: true }), 60_000);

interface Run {
  readonly killed: boolean;
  readonly code: number | null;
  /** From the start of the work to its end. */
  readonly workMs: number;
}

/** Runs a plan; with `lifeMs`, kills it that long after it started to work, or after its start if negative. */
async function run(plan: string, store: string, lifeMs?: number): Promise<Run> {
  const child: ChildProcess = spawn(process.execPath, [CLI, "synthesize", plan, "--store", store], {
    cwd: work,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
    child.once("exit", (code, signal) => done({ code, signal })),
  );
  const begun = new Promise<void>((resolve) => {
    child.stderr?.on("data", (text: Buffer) => {
      if (text.toString().startsWith("steps")) resolve();
    });
    child.once("exit", () => resolve());
  });
  if (lifeMs === undefined || lifeMs >= 0) await begun;
  const started = performance.now();
  if (lifeMs !== undefined) {
    await sleep(Math.abs(lifeMs));
    child.kill("SIGKILL");
  }
  const { code, signal } = await ended;
  return { killed: signal === "SIGKILL", code, workMs: performance.now() - started };
}

describe("a synthesis that is killed and run again", () => {
  test.each(["text", "picture"])(
    "leaves the store of an undisturbed run, from real %ss",
    { timeout: 60_000 + KILLS * MS_PER_KILL },
    async (direction) => {
      const plan = `${direction}.json`;
      const undisturbed = join(work, `${direction}-undisturbed`);
      const { code, workMs } = await run(plan, undisturbed);
      expect(code).toBe(0);
      const wanted = storeFiles(undisturbed);
      expect(Object.keys(wanted)).toContain("ledger.jsonl");
      expect(Object.keys(wanted).some((name) => name.startsWith("work"))).toBe(false);

      const wantedKills = Math.ceil(KILLS / 2);
      let kills = 0;
      let stores = 0;
      for (let store = 0; kills < wantedKills || stores === 0; store++) {
        const disturbed = join(work, `${direction}-${store}`);
        let share = 2 / KILLS_PER_STORE;
        for (;;) {
          share *= PATIENCE;
          // One in eight is killed before it works: while it reads its plan, or checks existing files.
          const early = draw() < 1 / 8;
          const lifeMs = early ? -draw() * 400 : draw() * share * workMs;
          const outcome =
            kills < wantedKills ? await run(plan, disturbed, lifeMs) : await run(plan, disturbed);
          if (!outcome.killed) {
            expect(outcome.code).toBe(0);
            break;
          }
          kills++;
        }
        stores++;
        const found = storeFiles(disturbed);
        expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
        expect(found).toEqual(wanted);
        const timings = readFileSync(join(disturbed, "timings.jsonl"), "utf8").split("\n").length;
        expect(timings).toBe(readFileSync(join(undisturbed, "timings.jsonl"), "utf8").split("\n").length);
        rmSync(disturbed, { recursive: true });
      }
      console.log(`${direction}: ${kills} kills, ${stores} stores, each equal to the undisturbed one`);
    },
  );
});
