import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAULTS, written } from "../../scripts/scripted-model.mjs";
import { Grounder } from "./ground-answer.ts";
import { noCounts } from "./grounding-counts.ts";
import { readAnswer } from "./read-answer.ts";
import { parseAnnotationSchema } from "./schema.ts";

const schema = parseAnnotationSchema(
  {
    entities: { person: "people", place: "places" },
    relations: {
      lives_in: { description: "", head: ["person"], tail: ["place"] },
      knows: { description: "" },
    },
  },
  "test",
);

/** Grounds an answer given as an object. */
function ground(text: string, answer: object, repeated: "all" | "first" | "drop" = "all") {
  const read = readAnswer(JSON.stringify(answer));
  if (read.state !== "read") throw new Error(read.why);
  const counts = noCounts();
  const { entities, relations, lost } = new Grounder(text, { ...schema, repeated }).ground(
    read.mentions,
    read.relations,
    counts,
  );
  const named = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  return { at: entities.map(({ start, label }) => `${start} ${label}`), relations, lost, counts: named };
}

const person = (text: string, more: object = {}) => ({ text, label: "person", ...more });

describe("grounding an answer", () => {
  const text = "Ada saw Ada and Bo in Rio";

  it("takes the occurrence that a number or the quoted words say, the words first", () => {
    expect(ground(text, { entities: [person("Ada", { occurrence: 2 })] }).at).toEqual(["8 person"]);
    expect(ground(text, { entities: [person("Ada", { context: "saw Ada and" })] }).at).toEqual(["8 person"]);
    expect(ground(text, { entities: [person("Ada", { occurrence: 1, context: "saw Ada and" })] }).at).toEqual(
      ["8 person"],
    );
  });

  it("takes mentions that are listed as often as they occur one after the other", () => {
    const { at, counts } = ground(text, { entities: [person("Ada"), person("Ada")] });
    expect(at).toEqual(["0 person", "8 person"]);
    expect(counts).toEqual({ exact: 2, disambiguated: 2 });
  });

  it.each([
    ["all", ["0 person", "8 person"]],
    ["first", ["0 person"]],
    ["drop", []],
  ] as const)(
    "counts a repeated mention that is not told apart, and takes %s of its places",
    (repeated, at) => {
      const result = ground(text, { entities: [person("Ada")] }, repeated);
      expect(result.at).toEqual(at);
      expect(result.counts.ambiguous).toBe(1);
    },
  );

  it("takes the only place although the number says another, and counts that", () => {
    expect(ground(text, { entities: [person("Bo", { occurrence: 3 })] })).toMatchObject({
      at: ["16 person"],
      counts: { exact: 1, wrongOccurrence: 1 },
    });
  });

  it("never reads offsets", () => {
    expect(ground(text, { entities: [person("Bo", { start: 0, end: 3, offset: 1 })] }).at).toEqual([
      "16 person",
    ]);
  });

  it("counts and lists what it cannot keep", () => {
    const { counts, lost, relations } = ground(text, {
      entities: [
        person("Bo", { id: 1 }),
        person("Cy", { id: 2 }),
        { id: 3, text: "Rio", label: "planet" },
        { id: 4, text: "Rio", label: "Place" },
        person("Bo", { id: 5 }),
        person("  ", { id: 6 }),
      ],
      relations: [
        { head: 1, tail: 4, label: "lives_in" },
        { head: 5, tail: 4, label: "lives_in" },
        { head: 4, tail: 1, label: "lives_in" },
        { head: 1, tail: 2, label: "knows" },
        { head: 1, tail: 9, label: "knows" },
        { head: 1, tail: 5, label: "knows" },
        { head: 1, tail: 4, label: "eats" },
      ],
    });
    expect(relations.map(({ head, tail, label }) => [head.start, label, tail.start])).toEqual([
      [16, "lives_in", 22],
    ]);
    expect(lost).toEqual([
      { text: "Cy", label: "person", why: "absent" },
      { text: "Rio", label: "planet", why: "unknown-label" },
    ]);
    expect(counts).toEqual({
      exact: 3,
      absent: 1,
      unknownLabel: 1,
      duplicateEntity: 1,
      emptyMention: 1,
      duplicateRelation: 1,
      wrongTypes: 1,
      lostMention: 1,
      danglingRelation: 1,
      selfRelation: 1,
      unknownRelation: 1,
    });
  });

  it("understands ends that are texts, unless they could mean several mentions", () => {
    const two = [person("Ada", { occurrence: 1 }), person("Ada", { occurrence: 2 }), person("Bo")];
    expect(
      ground(text, { entities: two, relations: [{ head: "Bo", tail: "bo", label: "knows" }] }).counts
        .selfRelation,
    ).toBe(1);
    const { counts, relations } = ground(text, {
      entities: two,
      relations: [{ head: "Ada", tail: "Bo", label: "knows" }],
    });
    expect([relations.length, counts.ambiguousRelation]).toEqual([0, 1]);
  });
});

// No two of them are equal when they are folded, so a string names one of them. (The control below has two that are.)
const WORDS = [
  "Ada",
  "Novak",
  "café",
  "O’Hare",
  "👍🏽",
  "서울",
  "x-ray",
  "Σίσυφος",
  "and",
  "in",
  "#",
  "at_home",
  "U.S.",
  "7",
];

/** A text of words with up to four mentions that do not overlap, and relations between them. */
const document = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 14 }).chain((words) => {
  const deduplicated = words.filter((word, i) => word !== words[i - 1]);
  const starts = deduplicated.map((_, i) => deduplicated.slice(0, i).join(" ").length + (i > 0 ? 1 : 0));
  const text = deduplicated.join(" ");
  return fc
    .record({
      text: fc.constant(text),
      picked: fc.uniqueArray(fc.nat(deduplicated.length - 1), { maxLength: 4 }),
      long: fc.boolean(),
      links: fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.constantFrom("knows", "lives_in")), { maxLength: 3 }),
    })
    .map(({ picked, long, links }) => {
      const free = picked.sort((a, b) => a - b).filter((at, i) => i === 0 || at > (picked[i - 1] ?? 0) + 1);
      const entities = free
        .map((at, i) => {
          const last = long && at + 1 < deduplicated.length ? at + 1 : at;
          return {
            start: starts[at] ?? 0,
            end: (starts[last] ?? 0) + (deduplicated[last]?.length ?? 0),
            label: i % 2 === 0 ? "person" : "place",
          };
        })
        .filter(({ start, end }) => /[\p{L}\p{N}]/u.test(text.slice(start, end)));
      const relations = links
        .filter(([head, tail]) => head < entities.length && tail < entities.length && head !== tail)
        .map(([head, tail, label]) => ({ head, tail, label }))
        .filter(
          ({ head, tail, label }) =>
            label === "knows" ||
            (head % 2 === 0 &&
              tail % 2 === 1 &&
              entities[head]?.label === "person" &&
              entities[tail]?.label === "place"),
        );
      return { text, entities, relations };
    });
});

/** Faults that change what is written, but not which mention a reader would understand. */
const HARMLESS = [
  "offsets",
  "invent",
  "repeat",
  "spelling",
  "edges",
  "labels",
  "shapes",
  "prose",
  "fence",
  "thoughts",
] as const;

describe("grounding what a scripted model writes", () => {
  it("gives the truth back whatever the faults, as long as the strings name it", () => {
    expect(Object.keys(FAULTS)).toEqual(expect.arrayContaining([...HARMLESS]));
    fc.assert(
      fc.property(
        document,
        fc.subarray([...HARMLESS]),
        fc.constantFrom("occurrence", "context"),
        fc.string(),
        (truth, faults, naming, key) => {
          const said = written(truth, naming, (name) => (faults as string[]).includes(name), key);
          const read = readAnswer(said);
          if (read.state !== "read") throw new Error(`${read.why}: ${said}`);
          const counts = noCounts();
          const { entities, relations } = new Grounder(truth.text, schema).ground(
            read.mentions,
            read.relations,
            counts,
          );
          const want = truth.entities.map(({ start, end, label }) => `${start} ${end} ${label}`);
          expect(entities.map(({ start, end, label }) => `${start} ${end} ${label}`)).toEqual(want);
          const pairs = truth.relations.map(
            ({ head, tail, label }) =>
              `${truth.entities[head]?.start} ${label} ${truth.entities[tail]?.start}`,
          );
          expect(
            new Set(relations.map(({ head, tail, label }) => `${head.start} ${label} ${tail.start}`)),
          ).toEqual(new Set(pairs));
          if (faults.includes("invent")) expect(counts.absent).toBeGreaterThanOrEqual(1);
          if (faults.includes("labels")) expect(counts.unknownLabel).toBeGreaterThanOrEqual(1);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("says that a string is ambiguous where it is: the control", () => {
    const truth = { text: "Rio and Rio", entities: [{ start: 8, end: 11, label: "place" }], relations: [] };
    const read = readAnswer(written(truth, "nothing", () => false, ""));
    if (read.state !== "read") throw new Error(read.why);
    const counts = noCounts();
    const { entities, lost } = new Grounder(truth.text, { ...schema, repeated: "drop" }).ground(
      read.mentions,
      read.relations,
      counts,
    );
    expect({ entities, lost, ambiguous: counts.ambiguous }).toEqual({
      entities: [],
      lost: [{ text: "Rio", label: "place", why: "ambiguous" }],
      ambiguous: 1,
    });
  });

  it("takes the wrong one, where two names differ only in their capitals and the model changes them: the other control", () => {
    const truth = { text: "RIO and Rio", entities: [{ start: 0, end: 3, label: "place" }], relations: [] };
    const wrong = { text: "RIO and Rio", entities: [{ start: 8, end: 11, label: "place" }], relations: [] };
    const read = readAnswer(written(truth, "occurrence", () => false, "").replaceAll("RIO", "Rio"));
    if (read.state !== "read") throw new Error(read.why);
    const { entities } = new Grounder(truth.text, schema).ground(read.mentions, read.relations, noCounts());
    expect(entities).toEqual(wrong.entities);
  });
});
