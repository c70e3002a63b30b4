// Teachers divided among shards and workers of a queue, for the tests of mi2rage.test.ts, whose corpus takes seconds to make: every teacher is trained
// once, and the scores are those of a single run.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { installedServers, type QueueServer, startServer } from "../../scripts/queue-servers.mjs";
import { loadConfig } from "../../src/config/load.ts";
import { openQueuedTeachers, TEACHERS_KIND } from "../../src/extractors/teachers/queued-teachers.ts";
import { scoreShard } from "../../src/extractors/teachers/score-shard.ts";
import { folderStore } from "../../src/units/folder-store.ts";
import { jobOf, publishJob, readJob } from "../../src/units/job.ts";
import type { UnitMessage } from "../../src/units/queue/broker.ts";
import { CLI } from "./run-cli.ts";
import type { StudentWorld } from "./student-world.ts";

const FILES = ["scores.jsonl", "scores.json", "real.jsonl"];
const hasRedis = installedServers().includes("redis");
if (!hasRedis) console.log("relata score-views --queue: redis-server is not installed here");

/** @param single folder of the scores of a single run with `fields` */
export function describeDividedTeachers(
  worldOf: () => StudentWorld,
  single: string,
  fields: readonly string[],
): void {
  const at = (...parts: string[]) => join(worldOf().folder, ...parts);
  const args = (run: string, ...more: string[]) => ["score-views", "--run", run, "--set", ...fields, ...more];
  const contents = (run: string) => FILES.map((file) => readFileSync(at(run, file), "utf8"));
  const refused = async (run: string, ...more: string[]) => {
    const { code, stdout, stderr } = await worldOf().run(...args(run, ...more), "--json");
    const { error } = JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "");
    return { exit: code, stdout, ...error };
  };

  describe("teachers in shards", { timeout: 120_000 }, () => {
    it("are each trained once, though shards begin at the same time, and give the scores of a single run", async () => {
      const request = {
        config: await loadConfig({
          path: at("relata.config.json"),
          overrides: { synthesis: { selection: { method: "teacher", folds: 2 } } },
        }),
        runFolder: at("divided"),
      };
      const shards = await Promise.all([0, 1, 0].map((index) => scoreShard(request, { index, count: 2 })));
      expect(shards.flatMap(({ done }) => done).sort()).toEqual(["teacher-0", "teacher-1"]);
      expect(shards.flatMap(({ before }) => before)).toEqual(["teacher-0"]);
      expect(shards.map(({ failed, stopped }) => [failed, stopped])).toEqual(Array(3).fill([[], []]));
      const alone = await worldOf().json(...args(single));
      const gathered = await worldOf().json(...args("divided", "--gather"));
      expect(gathered).toEqual({ ...alone, folder: "divided", trained: true });
      expect(contents("divided")).toEqual(contents(single));
      expect(readdirSync(at("divided", "teacher-0")).filter((name) => /claim|lock/.test(name))).toEqual([]);
    });

    it("are named while they are missing, have the same settings, and are continued by a plain run", async () => {
      const { code, stdout } = await worldOf().run(...args("half", "--shard", "0/2"));
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(
          /shard 0\/2: 1 teacher trained \(teacher-0\); in half\n.*run the same command with --gather instead of --shard/,
        ),
      ]);
      expect(await refused("half", "--gather")).toMatchObject({
        ...{ exit: 1, stdout: "", code: "units/incomplete", message: "1 teacher is not done: teacher-1" },
      });
      expect(await refused("half", "training.learningRate=0.1", "--shard", "1/2")).toMatchObject({
        ...{ exit: 2, code: "config/other-scores", place: "half" },
        message: expect.stringContaining("training.learningRate: was 0.003, is 0.1"),
      });
      expect(await refused("half", "data.validation=world/train.jsonl", "--shard", "1/2")).toMatchObject({
        ...{ exit: 2, code: "config/other-scores" },
        message: expect.stringContaining("other validation documents"),
      });
      expect(await refused("half", "--gather", "--resume")).toMatchObject({ code: "cli/contradiction" });
      expect(await refused("half")).toMatchObject({ code: "training/run-folder-in-use" });
      const before = statSync(at("half", "teacher-0", "readings.json")).mtimeMs;
      await worldOf().json(...args("half", "--resume"));
      expect(contents("half")).toEqual(contents(single));
      expect(statSync(at("half", "teacher-0", "readings.json")).mtimeMs).toBe(before);
    });
  });

  describe.runIf(hasRedis)("teachers in a queue", { timeout: 120_000 }, () => {
    const workers: ChildProcess[] = [];
    let server: QueueServer | undefined;
    afterAll(async () => {
      for (const worker of workers) worker.kill("SIGKILL");
      await server?.stop();
    });
    const startWorker = (url: string): ChildProcess => {
      const worker = spawn(process.execPath, [CLI, "work", "--queue", url, "--lease", "1"], {
        ...{ cwd: worldOf().folder, stdio: "ignore" },
      });
      workers.push(worker);
      return worker;
    };

    it("are done though a worker is killed; the one that fails is named, and the others are not trained again", async () => {
      const damaged = at("queued", "teacher-1", "checkpoints", "000001-step-1");
      mkdirSync(damaged, { recursive: true });
      writeFileSync(join(damaged, "state.json"), "{}");
      server = await startServer("redis");
      const queued = args("queued", "--queue", server.url, "--attempts", "1");
      const victim = startWorker(server.url);
      const submitting = worldOf().run(...queued, "--json");
      while (!existsSync(at("queued", "teacher-0", "scores-epoch-0.json"))) await sleep(10);
      victim.kill("SIGKILL");
      startWorker(server.url);
      const { code, stdout, stderr } = await submitting;
      expect([code, stderr]).toEqual([1, expect.stringContaining("1 teacher is not done: teacher-1")]);
      expect(JSON.parse(stdout)).toMatchObject({
        ...{ teachers: 2, done: 1, missing: ["teacher-1"] },
        failed: [{ teacher: "teacher-1", code: "training/corrupt-checkpoint" }],
      });

      const message = await queuedMessage(at("queued"));
      const open = (changed: Partial<UnitMessage>) =>
        openQueuedTeachers({ ...message, ...changed }, { programs: false });
      const elsewhere = { request: { run: at("elsewhere") } };
      await expect(open(elsewhere)).rejects.toMatchObject({ code: "units/other-job" });
      for (const change of [{ extensions: ["./own.mjs"] }, { training: { library: "/lib/other.so" } }]) {
        const job = await publishChanged(at("queued"), message.job, change);
        await expect(open({ job })).rejects.toMatchObject({ code: "units/program-refused" });
      }
      const documents = at("world", "train.jsonl");
      const text = readFileSync(documents, "utf8");
      writeFileSync(documents, text.replace("per/per/couple", "None"));
      await expect(open({})).rejects.toMatchObject({
        ...{ code: "units/other-job", message: expect.stringContaining("other documents or views") },
      });
      writeFileSync(documents, text);

      rmSync(damaged, { recursive: true });
      const done = await worldOf().json(...queued);
      expect(done).toMatchObject({ done: 1, failed: [], missing: [], scores: { folder: "queued" } });
      expect(contents("queued")).toEqual(contents(single));
    });
  });
}

/** A message of the only job in a folder of scores. */
async function queuedMessage(run: string): Promise<UnitMessage> {
  const [job = ""] = readdirSync(join(run, "jobs"));
  return { version: 1, kind: TEACHERS_KIND, job, unit: 1, request: { run } };
}

/** Publishes the same job with other fields of the configuration; returns its id. */
async function publishChanged(run: string, id: string, fields: object): Promise<string> {
  const store = folderStore(join(run, "jobs"));
  const known = (await readJob(store, id)) as unknown as { identity: { config: { training: object } } };
  const { config } = known.identity;
  const training = { ...config.training, ...("training" in fields ? (fields.training as object) : {}) };
  const identity = JSON.parse(
    JSON.stringify({ ...known.identity, config: { ...config, ...fields, training } }),
  );
  const job = jobOf({ kind: TEACHERS_KIND, identity });
  await publishJob(store, job);
  return job.id;
}
