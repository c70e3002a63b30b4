// Units that are done more than once, that fail, or whose results are damaged.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError } from "../base/errors.ts";
import { folderStore } from "./folder-store.ts";
import { jobOf, publishedUnits, publishJob, UnitSet, unitKey } from "./job.ts";
import { runUnit, runUnits, type UnitWork } from "./run-units.ts";
import { decodeUnit, encodeUnit } from "./unit-record.ts";

let folder: string;
let stores = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-units-"));
});
afterAll(() => rm(folder, { recursive: true }));
const newStore = () => folderStore(join(folder, String(stores++)));

const job = jobOf({ kind: "test", identity: { b: 1, a: [2] } });
const bytes = (text: string) => new TextEncoder().encode(text);
const range = (count: number) => Array.from({ length: count }, (_, unit) => unit);

function workOf(run: (unit: number) => string): UnitWork & { readonly done: number[] } {
  const done: number[] = [];
  return {
    ...{ job, units: 40, done },
    async run(unit) {
      const text = run(unit);
      done.push(unit);
      return { facts: { unit }, parts: [bytes(text), bytes("")] };
    },
    dispose: () => Promise.resolve(),
  };
}

describe("a job", () => {
  it("has an id that depends on its content only", () => {
    expect(jobOf({ kind: "test", identity: { a: [2], b: 1 } }).id).toBe(job.id);
    expect(jobOf({ kind: "test", identity: { a: [3], b: 1 } }).id).not.toBe(job.id);
    expect(jobOf({ kind: "other", identity: { a: [2], b: 1 } }).id).not.toBe(job.id);
  });

  it("is published once, and finds its units again", async () => {
    const store = newStore();
    await publishJob(store, job);
    await publishJob(store, job);
    for (const unit of [0, 7, 999, 1000, 123_456]) await store.putIfAbsent(unitKey(job.id, unit), bytes("x"));
    const found = await publishedUnits(store, job.id);
    expect(found.size).toBe(5);
    expect(range(2000).filter((unit) => found.has(unit))).toEqual([0, 7, 999, 1000]);
    expect(found.has(123_456)).toBe(true);
  });
});

describe("units", () => {
  it("are published once, whoever does them, and never done again", async () => {
    const store = newStore();
    const [one, two] = [workOf((unit) => `result ${unit}`), workOf((unit) => `result ${unit}`)];
    const run = (work: typeof one) => runUnits({ store, work, units: range(40), known: new UnitSet() });
    const summaries = await Promise.all([run(one), run(two)]);
    expect(summaries.reduce((sum, { published }) => sum + published, 0)).toBe(40);
    expect(summaries.reduce((sum, { before }) => sum + before, 0)).toBe(40);
    const third = workOf(() => "other");
    expect(await run(third)).toEqual({ published: 0, before: 40, failures: [] });
    expect(third.done).toEqual([]);
    const place = unitKey(job.id, 17);
    const { parts } = decodeUnit((await store.get(place)) ?? bytes(""), job.id, 17, place);
    expect(parts.map((part) => Buffer.from(part).toString())).toEqual(["result 17", ""]);
  });

  it("that fail are reported, and the others are done", async () => {
    const store = newStore();
    const work = workOf((unit) => {
      if (unit === 3) throw new DataError({ code: "units/input-changed", message: "no", remedy: "Wait." });
      if (unit === 5) throw new TypeError("a defect");
      return String(unit);
    });
    const summary = await runUnits({ store, work, units: range(8), known: new UnitSet() });
    expect(summary).toEqual({
      ...{ published: 6, before: 0 },
      failures: [
        { unit: 3, code: "units/input-changed", message: "no", remedy: "Wait." },
        { unit: 5, code: undefined, message: "a defect" },
      ],
    });
  });

  it("that all fail end the work", async () => {
    const work = workOf(() => {
      throw new TypeError("always");
    });
    const tried: number[] = [];
    const run = runUnits({
      ...{ store: newStore(), work, units: range(40), known: new UnitSet() },
      onFailure: ({ unit }) => tried.push(unit),
    });
    await expect(run).rejects.toThrow("always");
    expect(tried).toEqual(range(10));
  });

  it("stop at a signal without publishing", async () => {
    const store = newStore();
    const stop = new AbortController();
    const work = workOf((unit) => {
      if (unit === 2) stop.abort(new Error("stopped"));
      return String(unit);
    });
    const run = runUnits({ store, work, units: range(8), known: new UnitSet(), signal: stop.signal });
    await expect(run).rejects.toThrow("stopped");
    expect((await publishedUnits(store, job.id)).size).toBe(2);
  });
});

describe("the result of a unit", () => {
  const whole = encodeUnit(job.id, 4, { facts: { count: 1 }, parts: [bytes("ab\n"), bytes("c")] });

  it("is refused when it is cut off, changed, or another's", async () => {
    expect(decodeUnit(whole, job.id, 4, "place").facts).toEqual({ count: 1 });
    const changed = Uint8Array.from(whole);
    changed[changed.length - 1] = 0x64;
    const longer = Buffer.concat([whole, bytes("d")]);
    for (const wrong of [
      changed,
      longer,
      bytes(""),
      bytes("{}\n"),
      ...range(whole.length).map((n) => whole.subarray(0, n)),
    ])
      expect(() => decodeUnit(wrong, job.id, 4, "place")).toThrow(
        expect.objectContaining({ code: "units/damaged-unit" }),
      );
    expect(() => decodeUnit(whole, job.id, 5, "place")).toThrow("not unit 5");
    expect(() => decodeUnit(whole, "other", 4, "place")).toThrow("not unit 4 of other");
  });

  it("that cannot be published ends in an error that names the file", async () => {
    const store = newStore();
    await writeFile(store.place, "in the way");
    await expect(runUnit(store, workOf(String), 0)).rejects.toMatchObject({ code: "data/cannot-write" });
  });
});
