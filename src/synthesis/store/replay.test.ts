import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { finalRows } from "./final-rows.ts";
import type { MadeRow } from "./ledger-row.ts";
import { logLine, readLog } from "./log-lines.ts";
import { type LogEntry, placeOf, replayLog } from "./replay.ts";

const CHAINS = 2;
const ROUNDS = 2; // 3 steps
const PLAN = {
  generators: {},
  direction: "text",
  rounds: ROUNDS,
  chains: CHAINS,
  closing: false,
  checks: { duplicateLevels: 4 },
} as const;

const hash = (text: string) => Buffer.from(text).toString("hex").padStart(64, "0").slice(-64);
const callOf = (instance: string, chain: number, step: number) => hash(`${instance}/${chain}/${step}`);

function made(
  instance: string,
  chain: number,
  step: number,
  state: MadeRow["state"] = "generated",
): LogEntry {
  const call = callOf(instance, chain, step);
  const base = {
    call,
    ...{ instance, chain, step },
    kind: step % 2 === 1 ? "picture" : "text",
    parent: step === 1 ? null : callOf(instance, chain, step - 1),
    request: hash("request"),
    seed: step,
    generator: step % 2 === 1 ? "textToImage" : "imageToText",
    cost: 0.5,
  } as const;
  const content = {
    content: hash(`content of ${call}`),
    mediaType: "image/png",
    bytes: 3,
    look: `name:${call}`,
  };
  const timing = { call, at: "2024-01-02T03:04:05.000Z", milliseconds: 7, attempts: 1 };
  switch (state) {
    case "generated":
      return { row: { ...base, state, ...content }, timing };
    case "rejected":
      return { row: { ...base, state, reason: "black-picture", ...content }, timing };
    case "refused":
      return { row: { ...base, state, reason: "policy", message: "no\u2028 and never" }, timing };
    default:
      return state satisfies never;
  }
}

/** Logs as runs write them: every chain in its order, chains mixed, failed attempts in between. */
const logs = fc
  .tuple(
    fc.array(
      fc.record({
        instance: fc.constantFrom("a", "b", "c#1"),
        chain: fc.nat(CHAINS - 1),
        what: fc.constantFrom("generated", "generated", "generated", "rejected", "refused", "failed"),
      }),
      { maxLength: 20 },
    ),
  )
  .map(([moves]) => {
    const steps = new Map<string, number>();
    const entries: LogEntry[] = [];
    for (const { instance, chain, what } of moves) {
      const key = `${instance} ${chain}`;
      const step = (steps.get(key) ?? 0) + 1;
      if (step > 3) continue;
      if (what === "failed") {
        const call = callOf(instance, chain, step);
        const kind: "picture" | "text" = step % 2 === 1 ? "picture" : "text";
        const about = {
          ...{ call, instance, chain, step, kind },
          code: "synthesis/timeout",
          message: "slow",
        } as const;
        const time = { at: "2024-01-02T03:04:05.000Z", milliseconds: 9, cost: 0.5 };
        entries.push({ failed: { ...about, ...time, generator: "textToImage" } });
      } else {
        entries.push(made(instance, chain, step, what as MadeRow["state"]));
        steps.set(key, what === "generated" ? step : 4);
      }
    }
    return entries;
  });

/** Every chain is whole from its first step to where it ends. */
function expectConsistent(text: string): void {
  const { made: rows } = replayLog(text);
  for (const { row } of rows.values()) {
    if (row.step === 1) continue;
    const before = rows.get(placeOf({ ...row, step: row.step - 1 }))?.row;
    expect(before?.call).toBe(row.parent);
    expect(before?.state).toBe("generated");
  }
}

describe("the log of a shard", () => {
  test("a line says what was written, whatever separators its texts hold", () => {
    const value = { text: "a\nb\u2028c\u{1f600}\u0000" };
    expect(readLog(logLine(value) + logLine(1))).toEqual({ values: [value, 1], dropped: 0 });
  });

  test("any prefix of it, cut at any byte, replays to the whole rows before the cut", () => {
    fc.assert(
      fc.property(logs, fc.nat(), (entries, cut) => {
        const whole = Buffer.from(entries.map(logLine).join(""));
        const at = whole.length === 0 ? 0 : cut % (whole.length + 1);
        const text = whole.subarray(0, at).toString("utf8");
        const kept = text.split("\n").length - 1;
        const replay = replayLog(text);
        expect(replay.made.size + replay.failures.length).toBe(kept);
        expect(replay.dropped).toBe(at === 0 || text.endsWith("\n") ? 0 : 1);
        expectConsistent(text);
      }),
    );
  });

  test("any torn tail and any damage in it leaves a consistent state, and loses no more than it hit", () => {
    fc.assert(
      fc.property(
        logs,
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        (entries, tail, hits) => {
          const lines = entries.map(logLine);
          for (const hit of hits) {
            const line = lines[hit % Math.max(1, lines.length)];
            if (line === undefined) continue;
            const at = hit % (line.length - 1);
            lines[hit % lines.length] =
              `${line.slice(0, at)}${line[at] === "x" ? "y" : "x"}${line.slice(at + 1)}`;
          }
          const text = lines.join("") + Buffer.from(tail).toString("latin1").replaceAll("\n", " ");
          expectConsistent(text);
          const { made: rows, failures } = replayLog(text);
          const intact = entries.filter((entry, i) => lines[i] === logLine(entry));
          expect(failures).toEqual(intact.flatMap((entry) => ("failed" in entry ? [entry.failed] : [])));
          const whole = new Set(intact.map((entry) => JSON.stringify("row" in entry ? entry.row : null)));
          for (const { row } of rows.values()) expect(whole.has(JSON.stringify(row))).toBe(true);
        },
      ),
    );
  });

  test("its replay, written again, replays to the same", () => {
    fc.assert(
      fc.property(logs, (entries) => {
        const first = replayLog(entries.map(logLine).join(""));
        const again = replayLog([...first.made.values()].map(logLine).join(""));
        expect([...again.made]).toEqual([...first.made]);
      }),
    );
  });

  test("a row without its parent, and one that was said before, does not count", () => {
    const orphan = replayLog(logLine(made("a", 0, 2)));
    expect([orphan.made.size, orphan.dropped]).toEqual([0, 1]);
    const twice = replayLog(logLine(made("a", 0, 1)) + logLine(made("a", 0, 1, "refused")));
    expect(twice.made.get(placeOf({ instance: "a", chain: 0, step: 1 }))?.row.state).toBe("generated");
    expect(twice.dropped).toBe(1);
  });
});

describe("finalRows", () => {
  const rowsOf = (entries: readonly LogEntry[], plan: Parameters<typeof finalRows>[0] = PLAN) => {
    const { made: found } = replayLog(entries.map(logLine).join(""));
    return finalRows(plan, "a", (at) => found.get(placeOf(at))?.row);
  };

  test("rows and missing steps add up to the plan, whatever is answered", () => {
    fc.assert(
      fc.property(logs, (entries) => {
        const { rows, missing } = rowsOf(entries);
        expect(rows.length + missing).toBe(CHAINS * 3);
      }),
    );
  });

  test("records the steps behind a rejection or refusal as not made, with the call that is to blame", () => {
    const { rows, missing } = rowsOf([
      made("a", 0, 1, "refused"),
      made("a", 1, 1),
      made("a", 1, 2, "rejected"),
    ]);
    expect(missing).toBe(0);
    expect(rows.map((row) => [row.chain, row.step, row.state, "reason" in row ? row.reason : ""])).toEqual([
      [0, 1, "refused", "policy"],
      [0, 2, "not-made", "parent-refused"],
      [0, 3, "not-made", "parent-refused"],
      [1, 1, "generated", ""],
      [1, 2, "rejected", "black-picture"],
      [1, 3, "not-made", "parent-rejected"],
    ]);
    expect(rows[2]).toMatchObject({ cause: callOf("a", 0, 1) });
  });

  test("rejects a view that looks like an earlier one of the instance, by step and then chain", () => {
    const alike = (entry: LogEntry, look: string): LogEntry =>
      "row" in entry && entry.row.state === "generated" ? { ...entry, row: { ...entry.row, look } } : entry;
    const entries = [
      alike(made("a", 0, 1), "name:x"),
      made("a", 0, 2),
      alike(made("a", 0, 3), "name:y"),
      alike(made("a", 1, 1), "name:y"),
      alike(made("a", 1, 2), "name:x"), // between views nothing is compared
      alike(made("a", 1, 3), "name:x"),
    ];
    const { rows } = rowsOf(entries);
    const rejected = rows.filter((row) => row.state === "rejected");
    expect(rejected).toMatchObject([
      { chain: 0, step: 3, reason: "near-duplicate", like: callOf("a", 1, 1) },
      { chain: 1, step: 3, reason: "near-duplicate", like: callOf("a", 0, 1) },
    ]);
    const kept = rowsOf(entries, { ...PLAN, checks: { duplicateLevels: null } });
    expect(kept.rows.every(({ state }) => state === "generated")).toBe(true);
  });
});
