// `relata audit --label-errors` through the built program: planted errors are found, work is kept, and wrong usage is explained.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../../src/data/document.ts";
import { writeSmallBert } from "../../src/encoders/testing/small-encoders.ts";
import { relata } from "./warm-program.ts";

const PEOPLE = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo"];
const PLACES = ["Rome", "Oslo", "Bonn", "Lyon", "Kyiv", "Bern"];
const VERBS = { likes: "visited", hates: "avoided" } as const;

/** People who like three places and hate the others. */
function corpus(): Document[] {
  return PEOPLE.flatMap((person) =>
    PLACES.map((place, q) => {
      const label = q < 3 ? "likes" : "hates";
      const text = `${person} ${VERBS[label]} ${place}`;
      const start = text.length - place.length;
      return {
        id: `${person}-${place}`,
        text,
        entities: [
          { start: 0, end: person.length, label: "person" },
          { start, end: text.length, label: "place" },
        ],
        relations: [{ head: 0, tail: 1, label }],
      };
    }),
  );
}

let folder: string;
const write = (name: string, documents: readonly Document[]) =>
  writeFileSync(join(folder, name), documents.map((one) => `${JSON.stringify(one)}\n`).join(""));
const audit = (...args: string[]) => relata(["audit", ...args], { cwd: folder });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relata-label-errors-"));
  const words = [...PEOPLE, ...PLACES, ...Object.values(VERBS)].map((word) => word.toLowerCase());
  await writeSmallBert(join(folder, "bert"), { words });
  const documents = corpus();
  const [first, second, third] = [documents[3]!, documents[17]!, documents[28]!];
  documents[3] = { ...first, relations: [{ ...first.relations[0]!, label: "likes" }] }; // Ada avoided Lyon
  documents[17] = { ...second, entities: [second.entities[0]!, { ...second.entities[1]!, label: "person" }] };
  documents[28] = { ...third, entities: third.entities.slice(0, 1), relations: [] }; // Kyiv is missing
  write("planted.jsonl", documents);
});
afterAll(() => rmSync(folder, { recursive: true }));

const JUDGE = ["planted.jsonl", "--label-errors", "--encoder", "bert", "--threads", "1"];

describe("relata audit --label-errors", { timeout: 120_000 }, () => {
  it("finds planted errors, and says what the models read", async () => {
    const { code, stdout } = await audit(...JUDGE, "--suspects", "suspects.jsonl", "--run", "kept", "--json");
    expect(code).toBe(0);
    const { findings, numbers } = JSON.parse(stdout);
    const first = (name: string) => findings.find((one: { code: string }) => one.code === name);
    expect(first("label/suspicious-relation").rows[0]).toMatchObject({ id: "Ada-Lyon", row: 4 });
    expect(first("label/suspicious-relation").sentence).toContain("models that never saw them say hates");
    expect(first("label/suspicious-entity").rows[0].id).toBe("Cy-Bern");
    expect(first("label/suspicious-entity").sentence).toContain('"Bern" as place');
    expect(first("label/missing-entity").rows[0].id).toBe("Ed-Kyiv");
    expect(numbers["label-errors"].relations).toMatchObject({ judged: 35, unjudged: 0 });
    expect(numbers["label-errors"].entities).toMatchObject({ judged: 71, unjudged: 0 });
    const suspects = readFileSync(join(folder, "suspects.jsonl"), "utf8").trim().split("\n");
    const ids = suspects.map((line) => (JSON.parse(line) as Document).id);
    expect(ids).toEqual(expect.arrayContaining(["Ada-Lyon", "Cy-Bern", "Ed-Kyiv"]));
  });

  it("computes nothing again with the same --run", async () => {
    const times = () =>
      readdirSync(join(folder, "kept")).map((name) => [name, statSync(join(folder, "kept", name)).mtimeMs]);
    const before = times().filter(([name]) => String(name).endsWith(".f32"));
    expect(before).toHaveLength(10); // five folds of entities and of relations
    const again = await audit(...JUDGE, "--run", "kept", "--json");
    expect(again.code).toBe(0);
    expect(times().filter(([name]) => String(name).endsWith(".f32"))).toEqual(before);
  });

  it("says on the terminal how much was judged and that few documents say little", async () => {
    const { stdout } = await audit(...JUDGE, "--run", "kept", "--task", "mre");
    expect(stdout).toContain("35 relations judged in 5 folds");
    expect(stdout).toContain("36 documents are few");
    expect(stdout).not.toContain("missing-entity");
  });

  it("explains a missing encoder, options without effect, and too few texts", async () => {
    const without = await audit("planted.jsonl", "--label-errors");
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("error[audit/no-encoder]")]);
    const alone = await audit("planted.jsonl", "--suspects", "x.jsonl");
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining("error[cli/contradiction]")]);
    write("one.jsonl", corpus().slice(0, 3));
    const few = await audit("one.jsonl", "--label-errors", "--encoder", "bert");
    expect([few.code, few.stderr]).toEqual([2, expect.stringContaining("error[audit/one-cluster]")]);
  });

  it("has nothing to judge in documents without labels", async () => {
    write(
      "bare.jsonl",
      corpus().map((one) => ({ ...one, entities: [], relations: [] })),
    );
    const { code, stdout } = await audit("bare.jsonl", "--label-errors", "--encoder", "bert");
    expect(code).toBe(0);
    expect(stdout).toContain("There is nothing to judge");
  });
});
