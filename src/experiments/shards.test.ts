// Shards of an experiment: several processes on one folder, none of which does what another one does, and the report of a single run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Extensions } from "../extensions/extension.ts";
import { gatherExperiment, runExperiment, runShard } from "./run-experiment.ts";
import { runStage } from "./run-stage.ts";
import type { CommandStage } from "./stage.ts";
import { calls, PROGRAM, testFolder, weightsRequest } from "./testing/weights.ts";

let folder: string;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => rm(folder, { recursive: true }));

const request = (values: readonly number[], more: object = {}) => weightsRequest(folder, values, more);
const alone = { out: "alone" };

describe("shards of an experiment", () => {
  it("together do every cell once, however many are at work, and give the results of a single run", async () => {
    const values = [8, 3, 5];
    const single = await runExperiment(request(values, alone));
    await rm(join(folder, "calls.txt"));
    const shards = await Promise.all(
      [0, 1, 1, 0].map((index) =>
        runShard(request(values, { jobs: 1, keep: "results" }), { index, count: 2 }),
      ),
    );
    const made = shards.flatMap(({ done, before }) => [...done, ...before]);
    expect(new Set(made).size).toBe(6);
    expect(shards.map(({ failed, stopped }) => [failed, stopped])).toEqual(Array(4).fill([[], []]));
    expect((await calls(folder)).filter((call) => call.startsWith("train"))).toEqual([
      ...["train 3 1", "train 3 2", "train 5 1", "train 5 2", "train 8 1", "train 8 2"],
    ]);
    expect(await calls(folder)).toHaveLength(12);

    const gathered = await gatherExperiment(request(values));
    expect(gathered).toMatchObject({ cells: 6, missing: [] });
    expect(gathered.results).toEqual(single.results);
    const page = (file: string) => readFileSync(file, "utf8");
    expect(page(gathered.resultsFile)).toBe(page(single.resultsFile));
    expect(page(gathered.report)).toBe(page(single.report));
    const again = await runExperiment(request(values)); // finds nothing to do
    expect(again.results).toEqual(single.results);
    expect(await calls(folder)).toHaveLength(12);
  });

  it("name the cell that fails and do the others; the report has those, and says which are missing", async () => {
    const { done, failed } = await runShard(request([8, 13, 3], { seeds: [1] }), { index: 0, count: 1 });
    expect(done).toEqual(["cells/w8/seed-1", "cells/w3/seed-1"]);
    const message = "cells/w13/seed-1/train: error[training/non-finite-loss]: the loss is NaN";
    expect(failed).toEqual([{ cell: "cells/w13/seed-1", message }]);
    const gathered = await gatherExperiment(request([8, 13, 3], { seeds: [1] }));
    expect(gathered.missing).toEqual(["cells/w13/seed-1"]);
    expect(gathered.results.rows.map(({ runs }) => runs.length)).toEqual([1, 0, 1]);
    await writeFile(join(folder, "fixed"), "");
    const again = await runShard(request([8, 13, 3], { seeds: [1] }), { index: 1, count: 3 });
    expect(again).toMatchObject({ done: ["cells/w13/seed-1"], before: [], failed: [] });
    expect((await calls(folder)).filter((call) => call === "train 8 1")).toHaveLength(1);
  });

  it("refuse settings other than those that the experiment was begun with", async () => {
    await runShard(request([8, 3], { seeds: [1] }), { index: 0, count: 2 });
    const { base } = request([8]);
    const changed = { ...base, training: { ...base.training, epochs: 7 } };
    const refused = runShard(request([8, 3], { seeds: [1], base: changed }), { index: 1, count: 2 });
    await expect(refused).rejects.toMatchObject({ code: "experiment/changed" });
    await expect(refused).rejects.toThrow("training.epochs: was 20, is 7");
    const gathered = gatherExperiment(request([8, 3], { seeds: [1], base: changed }));
    await expect(gathered).rejects.toMatchObject({ code: "experiment/changed" });
  });

  it("are waited for by a whole run, which does the rest", async () => {
    const stop = new AbortController();
    const shard = runShard(request([99, 8], { seeds: [1], signal: stop.signal }), { index: 0, count: 2 });
    while (!existsSync(join(folder, "waiting"))) await sleep(20);
    const whole = runExperiment(request([99, 8], { seeds: [1] }));
    while (!existsSync(join(folder, "out/cells/w8/seed-1/evaluate-validation/result.json"))) await sleep(20);
    expect((await calls(folder)).filter((call) => call === "train 99 1")).toHaveLength(1); // the shard's
    await writeFile(join(folder, "fixed"), "");
    stop.abort();
    expect(await shard).toMatchObject({ stopped: ["cells/w99/seed-1"], failed: [] });
    expect((await whole).status).toBe("finished");
    expect((await calls(folder)).filter((call) => call === "train 99 1")).toHaveLength(2);
  });
});

describe("a stage that another process began", () => {
  const stage = (): CommandStage => ({
    ...{ kind: "train", id: "cells/w8/seed-1/train", needs: [] },
    folder: join(folder, "out/cells/w8/seed-1/train"),
    config: { ...request([8]).base, model: { ...request([8]).base.model } },
    arguments: [
      ...["train", "--config", join(folder, "out/cells/w8/seed-1/train/config.json")],
      ...["--run", join(folder, "out/cells/w8/seed-1/train/run")],
    ],
  });
  const run = (more: object = {}) =>
    runStage(
      stage(),
      { identity: null, fingerprint: "f" },
      {
        program: PROGRAM,
        signal: new AbortController().signal,
        extensions: new Extensions([]),
        onLog: () => undefined,
        ...more,
      },
    );
  const leave = async (owner: object) => {
    const at = stage().folder;
    await mkdir(join(at, "run"), { recursive: true });
    const record = {
      ...{ format: "relata-experiment-stage", version: 1, id: stage().id, kind: "train" },
      ...{ fingerprint: "f", identity: null, status: "running", seconds: 2, owner },
    };
    await writeFile(join(at, "stage.json"), JSON.stringify(record));
    await writeFile(join(at, "run/lock"), JSON.stringify({ ...owner, thread: 0, token: "t" }));
    return (claim: object) =>
      writeFile(join(at, "claim.0"), JSON.stringify({ ...owner, released: false, renews: true, ...claim }));
  };

  it("is continued when that process is dead", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    const claim = await leave({ pid: child.pid ?? 0, host: hostname(), started: "", pidSpace: "" });
    await claim({});
    const end = await run();
    expect(end.outcome).toBe("done");
    expect(end.seconds).toBeGreaterThan(2); // with those of the attempt before
    expect(existsSync(join(stage().folder, "claim.0"))).toBe(false);
  });

  it("is continued when a machine no longer renews its claim, whose locks are removed", async () => {
    const claim = await leave({ pid: 1, host: `not-${hostname()}`, started: "", pidSpace: "" });
    await claim({});
    expect((await run({ leaseMs: 300 })).outcome).toBe("done");
    expect(existsSync(join(stage().folder, "run/lock"))).toBe(false);
    expect(JSON.parse(await readFile(join(stage().folder, "stage.json"), "utf8")).status).toBe("finished");
  });

  it("is left alone when nothing says that its machine is gone", async () => {
    await leave({ pid: 1, host: `not-${hostname()}`, started: "", pidSpace: "" }); // of a version without claims
    const { outcome, failure } = await run();
    expect(outcome).toBe("failed");
    expect(failure?.message).toContain("is still running is unknown: it ran on another machine");
  });
});
