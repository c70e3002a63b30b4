import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bestDecisions,
  bestReaders,
  type Decisions,
  expectedCeilings,
  type Posterior,
  posteriorOf,
  reachedCeilings,
  score,
} from "./ceilings.ts";
import { cellsOf, DEFAULT_SHARES, evidence } from "./distribution.ts";
import { bestEntityReaders, reachedEntityCeilings } from "./entity-ceilings.ts";
import { drawWorld, PERSONS_ALONE } from "./generate.ts";
import { type Label, NONE, type SignatureName } from "./labels.ts";
import { recogniseText } from "./recognise.ts";

const ANSWERS = ["none", "a", "b"] as const;
type Answer = (typeof ANSWERS)[number];

/** A distribution over at most five kinds of evidence. */
const posteriors: fc.Arbitrary<Posterior<Answer>> = fc
  .array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 5 })
  .map((rows) =>
    posteriorOf(
      rows.flatMap((masses, at) =>
        masses.map((mass, which) => ({ evidence: String(at), answer: ANSWERS[which] as Answer, mass })),
      ),
    ),
  );

/** Every way to answer to every evidence. */
function everyDecision(posterior: Posterior<Answer>): ReadonlyMap<string, Answer>[] {
  return [...posterior.keys()].reduce<ReadonlyMap<string, Answer>[]>(
    (all, seen) => all.flatMap((one) => ANSWERS.map((answer) => new Map([...one, [seen, answer]]))),
    [new Map()],
  );
}

describe("bestDecisions", () => {
  it("are what trying every decision finds best, for accuracy and for micro F1", () => {
    fc.assert(
      fc.property(posteriors, (posterior) => {
        const tried = everyDecision(posterior).map((one) =>
          score(posterior, { accuracy: one, microF1: one }, "none"),
        );
        const best = score(posterior, bestDecisions(posterior, "none"), "none");
        expect(best.accuracy).toBeCloseTo(Math.max(...tried.map(({ accuracy }) => accuracy)), 12);
        expect(best.microF1).toBeCloseTo(Math.max(...tried.map(({ microF1 }) => microF1)), 12);
      }),
    );
  });

  it("answer a relation that is less likely than None where micro F1 gains by it", () => {
    const posterior = posteriorOf<Answer>([
      { evidence: "x", answer: "none", mass: 6 },
      { evidence: "x", answer: "a", mass: 4 },
    ]);
    const { accuracy, microF1 } = bestDecisions<Answer>(posterior, "none");
    expect([accuracy.get("x"), microF1.get("x")]).toEqual(["none", "a"]);
  });
});

describe("the ceilings of a world", () => {
  it("are those of a calculation by hand for texts about two persons", () => {
    // Labels: None 0.28, three relations 0.24 each. Wordings: 0.42 stated, all right. Relations have 0.22 in three classes each, 0.24 x 0.22 / 3
    // = 0.0176 per label and class: three classes of two labels (one of two right) and one of three (one of three right).
    // Open: None 0.28 x (0.36 + 0.22) = 0.1624, each relation 0.24 x 0.36 = 0.0864; None is the best guess.
    const { text } = expectedCeilings(bestReaders(cellsOf(DEFAULT_SHARES, PERSONS_ALONE.signatures)));
    expect(text.accuracy).toBeCloseTo(0.42 + 4 * 0.0176 + 0.1624, 12);
    // F1: relations are 0.72 of all. Stated ones give 0.72 x 0.42 hits; between classes 4 x 0.0176 hits of 9 x 0.0176 given. Open posts stay None:
    // a relation there would be right in 0.0864 of 0.4216, which is less than half of F1.
    const hits = 0.72 * 0.42 + 4 * 0.0176;
    expect(text.microF1).toBeCloseTo((2 * hits) / (0.72 * 0.42 + 9 * 0.0176 + 0.72), 12);
  });

  it("rise with what the reader sees, and leave room between the text alone and both", () => {
    const { text, picture, pictureAndNames, joint } = expectedCeilings(bestReaders(cellsOf(DEFAULT_SHARES)));
    for (const what of ["accuracy", "microF1"] as const) {
      expect(pictureAndNames[what]).toBeGreaterThan(picture[what]);
      expect(joint[what]).toBeGreaterThan(pictureAndNames[what]);
      expect(joint[what] - text[what]).toBeGreaterThan(0.15);
      expect(joint[what]).toBeLessThan(0.97);
    }
  });

  it("are those that the documentation states", async () => {
    const { text, picture, pictureAndNames, joint, typedText, typedJoint } = expectedCeilings(
      bestReaders(cellsOf(DEFAULT_SHARES)),
    );
    const page = await readFile("docs/embedded-corpus.md", "utf8");
    for (const [title, { accuracy, microF1 }] of [
      ["the text alone", text],
      ["the picture alone", picture],
      ["the picture and both names", pictureAndNames],
      ["text and picture", joint],
      ["the text, if the types of both entities are given", typedText],
      ["text and picture, if the types are given", typedJoint],
    ] as const)
      expect(page).toContain(`| ${title} | ${accuracy.toFixed(3)} | ${microF1.toFixed(3)} |`);
  });

  it("are higher if the types are given, as much as names that serve every type hide", () => {
    const ceilings = (ambiguousName: number) =>
      expectedCeilings(bestReaders(cellsOf({ ...DEFAULT_SHARES, ambiguousName })));
    const some = ceilings(0.12);
    expect(some.typedText.microF1).toBeGreaterThan(some.text.microF1);
    expect(some.typedJoint.microF1).toBeGreaterThan(some.joint.microF1);
    const none = ceilings(0);
    expect(none.typedText.microF1).toBeCloseTo(none.text.microF1, 12);
    expect(none.typedJoint.accuracy).toBeCloseTo(none.joint.accuracy, 12);
    expect(some.typedJoint.accuracy).toBeCloseTo(none.joint.accuracy, 12); // whatever the names say
  });

  it("are the same when pictures never tell: both together are worth the text", () => {
    const blind = { ...DEFAULT_SHARES, unrelatedPicture: 0.9, withoutPicture: 0.1 };
    const { text, joint, picture } = expectedCeilings(bestReaders(cellsOf(blind)));
    expect(joint.accuracy).toBeCloseTo(text.accuracy, 12);
    expect(joint.microF1).toBeCloseTo(text.microF1, 12);
    expect(picture.accuracy).toBeCloseTo(0.28, 12); // None, whatever is seen
  });

  it("are reached on drawn posts up to the luck of the draw", () => {
    const { cells, posts } = drawWorld({ seed: 11, train: 4000, validation: 1, test: 1 });
    const readers = bestReaders(cells);
    const expected = expectedCeilings(readers);
    const reached = reachedCeilings(
      readers,
      posts.train.map(({ cell }) => cell),
    );
    for (const view of ["text", "picture", "joint"] as const)
      expect(Math.abs(reached[view].accuracy - expected[view].accuracy)).toBeLessThan(0.015);
  });

  it("of texts hold for the texts themselves, read back without knowing how they were drawn", () => {
    const { cells, posts } = drawWorld({ ...PERSONS_ALONE, train: 1500, validation: 1, test: 1 });
    const readers = bestReaders(cells);
    const counts = posteriorOf(
      posts.train.map((post) => {
        const { wording } = recogniseText(post.text, post.id);
        const seen = evidence("text", { ...post.cell, wording });
        return { evidence: seen, answer: post.label, mass: 1 };
      }),
    );
    const { text } = expectedCeilings(readers);
    const decisions: Decisions<Label> = bestDecisions<Label>(counts, NONE);
    // The best reader of these 1500 texts is no better than the ceiling, except for what fits them by chance.
    expect(score(counts, decisions, NONE).accuracy).toBeLessThan(text.accuracy + 0.02);
    expect(score(counts, readers.text.decisions, NONE).accuracy).toBeGreaterThan(text.accuracy - 0.02);
  });
});

describe("the ceilings of entities", () => {
  const pair = (shares: Partial<typeof DEFAULT_SHARES>, signatures: readonly SignatureName[]) => {
    const all = { ...DEFAULT_SHARES, ...shares };
    return bestEntityReaders(cellsOf(all, signatures), all).expected;
  };

  it("are 1 where every name tells its type, or only one type fits", () => {
    const allNames = ["per/per", "per/org", "loc/loc"] as const;
    expect(pair({ ambiguousName: 0 }, allNames)).toEqual({ text: 1, joint: 1 });
    expect(pair({ distractors: [1, 0, 0] }, ["per/org"])).toEqual({ text: 1, joint: 1 });
  });

  it("are those of a calculation by hand for names that all serve every type", () => {
    // Posts about two persons (0.34 of 0.42) or two places (0.08 of 0.42), one distractor each, the likeliest being a person (0.4).
    // Wordings that state or fit relations tell the types; those of None (stated 0.42, else open) and open ones do not, and there a person
    // is the best guess. Open or None: persons 0.28 + 0.72 x 0.36, places 0.28 + 0.72 x (0.36 + 0.22).
    const [persons, places] = [0.34 / 0.42, 0.08 / 0.42];
    const wrong = places * (0.28 + 0.72 * 0.58);
    expect(persons * (0.28 + 0.72 * 0.36)).toBeGreaterThan(wrong);
    const { text, joint } = pair({ ambiguousName: 1, distractors: [0, 1, 0] }, ["per/per", "loc/loc"]);
    // A distractor is called a person: right in 0.4, more than half of F1, so that giving it pays. Everything is given, so F1 is hits per entity.
    expect(text).toBeCloseTo((2 * (1 - wrong) + 0.4) / 3, 12);
    expect(joint).toBeGreaterThan(text);
  });

  it("are reached on drawn posts up to the luck of the draw", () => {
    const { cells, shares, posts } = drawWorld({ train: 2000, validation: 1, test: 1 });
    const { readers, expected } = bestEntityReaders(cells, shares);
    const reached = reachedEntityCeilings(readers, posts.train);
    expect(Math.abs(reached.text - expected.text)).toBeLessThan(0.01);
    expect(Math.abs(reached.joint - expected.joint)).toBeLessThan(0.01);
    expect(expected.joint).toBeGreaterThan(expected.text);
  });
});
