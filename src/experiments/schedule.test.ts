import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runTasks, type Task, type TaskOutcome } from "./schedule.ts";

const never = new AbortController().signal;

/** A task that records when it started and ended. */
function task(id: string, needs: readonly string[], log: string[], outcome: TaskOutcome = "done"): Task {
  return {
    id,
    needs,
    async run() {
      log.push(`+${id}`);
      await sleep(1);
      log.push(`-${id}`);
      return outcome;
    },
  };
}

describe("runTasks", () => {
  it("begins nothing before what it needs has ended, and never more at a time than allowed", async () => {
    const graphs = fc.integer({ min: 1, max: 12 }).chain((size) =>
      fc.record({
        jobs: fc.integer({ min: 1, max: 4 }),
        // Task i needs some of the earlier tasks.
        needs: fc.tuple(
          ...Array.from({ length: size }, (_, i) =>
            fc.subarray(Array.from({ length: i }, (__, j) => String(j))),
          ),
        ),
        failing: fc.subarray(Array.from({ length: size }, (_, i) => String(i))),
      }),
    );
    await fc.assert(
      fc.asyncProperty(graphs, async ({ jobs, needs, failing }) => {
        const log: string[] = [];
        const tasks = needs.map((own, i) =>
          task(String(i), own, log, failing.includes(String(i)) ? "failed" : "done"),
        );
        const ends = await runTasks(tasks, { jobs, signal: never });

        let running = 0;
        const ended = new Set<string>();
        for (const entry of log) {
          const id = entry.slice(1);
          if (entry.startsWith("+")) {
            running++;
            for (const need of needs[Number(id)] ?? []) expect(ended.has(need)).toBe(true);
          } else {
            running--;
            ended.add(id);
          }
          expect(running).toBeLessThanOrEqual(jobs);
        }
        for (const { id, needs: own } of tasks) {
          const kept = own.some((need) => ends.get(need) !== "done");
          expect(ends.get(id)).toBe(kept ? "blocked" : failing.includes(id) ? "failed" : "done");
        }
      }),
      { numRuns: 40 },
    );
  });

  it("prefers tasks in their order", async () => {
    const log: string[] = [];
    await runTasks([task("a", [], log), task("b", ["a"], log), task("c", [], log)], {
      jobs: 1,
      signal: never,
    });
    expect(log).toEqual(["+a", "-a", "+b", "-b", "+c", "-c"]);
  });

  it("lets one task at a time through a turnstile, until it lets go", async () => {
    const log: string[] = [];
    let open = 0;
    const through = (id: string): Task => ({
      id,
      needs: [],
      turnstile: "cache",
      async run(letGo) {
        log.push(`+${id}`);
        expect(++open).toBe(1);
        await sleep(2);
        open--;
        letGo();
        await sleep(5);
        log.push(`-${id}`);
        return "done";
      },
    });
    await runTasks([through("a"), through("b")], { jobs: 2, signal: never });
    expect(log).toEqual(["+a", "+b", "-a", "-b"]);
  });

  it("begins nothing after an abort and waits for what runs", async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const stopping: Task = {
      id: "a",
      needs: [],
      async run() {
        controller.abort();
        await sleep(2);
        log.push("-a");
        return "stopped";
      },
    };
    const ends = await runTasks([stopping, task("b", [], log), task("c", ["a"], log)], {
      jobs: 1,
      signal: controller.signal,
    });
    expect(log).toEqual(["-a"]);
    expect(Object.fromEntries(ends)).toEqual({ a: "stopped", b: "stopped", c: "stopped" });
  });

  it("says that a circle cannot be run", async () => {
    const circle = [task("a", ["b"], []), task("b", ["a"], [])];
    await expect(runTasks(circle, { jobs: 1, signal: never })).rejects.toThrow("cycle");
  });
});
