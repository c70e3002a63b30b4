// Kills `relata train` and resumes it: the run's files must equal an undisturbed run's, byte for byte.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { stream } from "../../src/training/index.ts";
import { drawWorld } from "../../src/world/generate.ts";
import { writeTinyBert, writeTinyResnet } from "../../src/world/tiny-encoders.ts";
import { worldVocabulary } from "../../src/world/vocabulary.ts";
import { writeWorld } from "../../src/world/write.ts";
import { CLI } from "../cli/run-cli.ts";

/** Kills at random moments, if asked for. */
const KILLS = Number(process.env.RELATA_KILLS ?? 0);
/** Runs that are killed in parallel. */
const LANES = Number(process.env.RELATA_LANES ?? 1);
const LOOK_EVERY_MS = 10;
/** A run killed too often to progress gets more time after each kill. */
const PATIENCE = 1.1;
const MS_PER_KILL = 60_000; // what a loaded machine may need to start and work between two of them

/** Writes a world of a few posts with encoders to a folder: world/, bert/, resnet/. */
export async function writeInputs(work: string): Promise<void> {
  const sizes = { train: 24, validation: 8, test: 1 };
  await writeWorld(join(work, "world"), sizes);
  await writeTinyBert(join(work, "bert"), worldVocabulary(drawWorld(sizes)), 1);
  await writeTinyResnet(join(work, "resnet"), 1);
}

/** When to kill a process: after some working time, or after some output; with SIGINT it ends by itself, with a checkpoint. */
type Moment = { readonly lifeMs: number } | { readonly printed: RegExp; readonly signal?: "SIGINT" };

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

/** Trains into a run folder, with config.json of the folder `work`, and resumes its run if there is one. */
async function train(work: string, folder: string, moment?: Moment): Promise<Life> {
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
  let sent = false;
  child.stderr.on("data", (text: Buffer) => {
    output += text.toString();
    if (sent || !moment || !("printed" in moment) || !moment.printed.test(output)) return;
    sent = child.kill(moment.signal ?? "SIGKILL");
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

/** All runs have one name, because a model's card contains it. */
const RUN = "run";

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

/** Trains without interruption, and requires the named files. */
async function undisturbed(work: string, names: readonly string[]) {
  const folder = join(work, "undisturbed", RUN);
  const { code, ms, output } = await train(work, folder);
  expect(code, output).toBe(0);
  const wanted = contents(folder);
  for (const name of names) expect(Object.keys(wanted)).toContain(name);
  return { wanted, ms };
}

/** Kills one run at each of some moments, and resumes it: it must end as a run that was never killed. */
async function killAtEach(
  work: string,
  { stop, stages: moments }: Pick<KilledRun, "stop" | "stages">,
  wanted: Record<string, string>,
): Promise<void> {
  const folder = join(work, "disturbed", RUN);
  if (stop !== undefined) {
    const { output } = await train(work, folder, { printed: stop, signal: "SIGINT" });
    expect(output).toMatch(/^interrupted at step/m);
  }
  for (const printed of moments) {
    expect((await train(work, folder, { printed })).killed, String(printed)).toBe(true);
  }
  const last = await train(work, folder);
  expect(last.code, last.output).toBe(0);
  if (stop !== undefined) expect(last.output).toMatch(/resumed at step [1-9]\d* from/);
  expectSame(folder, wanted);
}

/** Kills runs at `KILLS` random moments of their working time: each must end as a run that was never killed. */
async function killAtRandom(
  work: string,
  { wanted, ms }: { readonly wanted: Record<string, string>; readonly ms: number },
  place: (output: string) => string = placeOf,
): Promise<void> {
  let kills = 0;
  let lives = 0;
  let runs = 0;
  const places = new Map<string, number>();
  const lane = async (number: number) => {
    const moments = stream(1, number, "kills");
    for (let run = 0; kills < KILLS; run++) {
      const folder = join(work, `disturbed-${number}-${run}`, RUN);
      for (let longest = ms; ; longest *= PATIENCE) {
        const last = kills >= KILLS;
        const moment = last ? undefined : { lifeMs: moments.uniform() * longest };
        const { killed, code, output } = await train(work, folder, moment);
        lives++;
        if (!killed) {
          expect(code, output).toBe(0);
          break;
        }
        kills++;
        const at = place(output);
        places.set(at, (places.get(at) ?? 0) + 1);
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
}

/** A kind of run to kill. */
export interface KilledRun {
  /** Folder with its config.json; known when the tests run. */
  readonly work: () => string;
  /** Files that must equal those of an undisturbed run. */
  readonly files: readonly string[];
  /** Output after which the run is stopped with SIGINT before it is killed: from then on there is a checkpoint, which tiny runs are too short for. */
  readonly stop?: RegExp;
  /** Output in the middle of each stage. */
  readonly stages: readonly RegExp[];
  /** The stage that some output is of, for the account of random kills. */
  readonly stageOf?: (output: string) => string;
}

/** Kills a run once in each stage; with `RELATA_KILLS`, at that many random moments instead. */
export function testKills(title: string, { work, files, stop, stages, stageOf }: KilledRun): void {
  describe(title, () => {
    test.skipIf(KILLS > 0)(
      "ends as an undisturbed run does, when each of its stages was killed",
      { timeout: 300_000 },
      async () => {
        const { wanted } = await undisturbed(work(), files);
        await killAtEach(work(), { ...(stop && { stop }), stages }, wanted);
      },
    );

    test.skipIf(KILLS === 0)(
      `ends as an undisturbed run does, after ${KILLS} kills at random moments`,
      { timeout: 300_000 + KILLS * MS_PER_KILL },
      async () => killAtRandom(work(), await undisturbed(work(), files), stageOf),
    );
  });
}
