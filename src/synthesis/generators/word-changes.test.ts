// Changes of single words: what each operation does, where its words come from, and that mentions survive.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TextSpan } from "../view.ts";
import { type Generated, GeneratorRefusal } from "./generator.ts";
import { NEVER, rejection } from "./testing/requests.ts";
import { openWordChanges, schema } from "./word-changes.ts";

const TEXT = "Yesterday Ada Lovelace (#London) met old Bo near the big grey station, twice.";
const MENTIONS = ["Ada Lovelace", "London", "Bo"].map((words) => spanOf(TEXT, words));

let folder = "";
const file = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-words-"));
  writeFileSync(file("list.txt"), "big, large,huge\n\nmet\tsaw\nBo, Robert\n");
  const documents = [
    {
      id: "1",
      text: "Cy met old Di near a small blue station, twice.",
      entities: [
        [0, 2],
        [11, 13],
      ],
    },
    {
      id: "2",
      text: "Cy sued young Di near the tall grey wall",
      entities: [
        [0, 2],
        [14, 16],
      ],
    },
    {
      id: "3",
      text: "Cy sued poor Di near the tall grey wall",
      entities: [
        [0, 2],
        [13, 15],
      ],
    },
  ].map(({ entities, ...rest }) => ({
    ...rest,
    entities: entities.map(([start, end]) => ({ start, end, label: "person" })),
    relations: [{ head: 0, tail: 1, label: "knows" }],
  }));
  writeFileSync(file("posts.jsonl"), `${documents.map((one) => JSON.stringify(one)).join("\n")}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

function spanOf(text: string, words: string): TextSpan {
  const start = text.indexOf(words);
  return { start, end: start + words.length };
}

const open = (settings: object = {}) =>
  openWordChanges(schema.parse({ adapter: "word-changes", ...settings }));
const wordsOf = (text: string) => text.split(/\s+/u);
const textOf = ({ content }: Generated) => new TextDecoder().decode(content.bytes);

async function made(settings: object, seeds: readonly number[], text = TEXT, mentions = MENTIONS) {
  const generator = await open(settings);
  const request = { text, mentions, instance: "post", step: 1 };
  return Promise.all(seeds.map((seed) => generator.rewrite({ ...request, seed }, NEVER)));
}

const SEEDS = Array.from({ length: 40 }, (_, i) => i);

describe("word-changes", () => {
  it("keeps every mention as written and says where it is, whatever it does", async () => {
    for (const settings of [{}, { words: file("list.txt"), corpus: file("posts.jsonl"), share: 0.6 }]) {
      for (const answer of await made(settings, SEEDS)) {
        const text = textOf(answer);
        expect(answer.mentions!.map(({ start, end }) => text.slice(start, end))).toEqual([
          "Ada Lovelace",
          "London",
          "Bo",
        ]);
        expect(text).toContain("(#London)");
      }
    }
  });

  it("keeps the mentions of any text", async () => {
    const generator = await open({ corpus: file("posts.jsonl"), share: 0.5 });
    const word = fc.stringMatching(/^[a-c.,]{1,4}$/);
    const spaces = fc.constantFrom(" ", "  ", "\n");
    const pieces = fc.array(fc.tuple(word, spaces, fc.boolean()), { minLength: 2, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(1000), fc.boolean(), async (drawn, seed, nested) => {
        let text = "";
        const mentions: TextSpan[] = [];
        for (const [one, space, isMention] of drawn) {
          if (isMention) mentions.push({ start: text.length, end: text.length + one.length });
          text += one + space;
        }
        // A mention that reaches from the first to the last one, over words and white space.
        if (nested && mentions.length > 1)
          mentions.push({ start: mentions[0]!.start, end: mentions.at(-1)!.end });
        const request = { text, mentions, seed, instance: "post", step: 1 };
        const answer = await generator.rewrite(request, NEVER).catch((error: unknown) => {
          if (error instanceof GeneratorRefusal) return undefined;
          throw error;
        });
        if (answer === undefined) return;
        const after = textOf(answer);
        expect(answer.mentions!.map(({ start, end }) => after.slice(start, end))).toEqual(
          mentions.map(({ start, end }) => text.slice(start, end)),
        );
      }),
    );
  });

  it("gives the same text for the same seed, and others for others", async () => {
    const texts = (await made({}, SEEDS)).map(textOf);
    expect((await made({}, SEEDS)).map(textOf)).toEqual(texts);
    expect(new Set(texts).size).toBeGreaterThan(10);
  });

  it("deletes words, and swaps words, and does nothing else", async () => {
    for (const answer of await made({ operations: ["delete"], share: 0.3 }, SEEDS)) {
      const left = wordsOf(textOf(answer));
      const all = wordsOf(TEXT);
      expect(answer.details).toEqual({ operation: "delete", changes: all.length - left.length });
      expect(left.length).toBeLessThan(all.length);
      let next = 0;
      for (const word of all) if (word === left[next]) next++;
      expect(next).toBe(left.length); // in their order
    }
    for (const answer of await made({ operations: ["swap"] }, SEEDS)) {
      expect(answer.details).toEqual({ operation: "swap", changes: 1 });
      const [before, after] = [wordsOf(TEXT), wordsOf(textOf(answer))];
      expect(after.toSorted()).toEqual(before.toSorted());
      expect(after.filter((word, i) => word !== before[i])).toHaveLength(2);
    }
  });

  it("replaces a word by the others of its group, but no mention, and inserts such words", async () => {
    const texts = (await made({ operations: ["replace"], words: file("list.txt"), share: 0.9 }, SEEDS)).map(
      textOf,
    );
    expect(new Set(texts)).toEqual(
      new Set([
        TEXT.replace("big", "large").replace("met", "saw"),
        TEXT.replace("big", "huge").replace("met", "saw"),
      ]),
    );
    for (const answer of await made({ operations: ["insert"], words: file("list.txt") }, SEEDS)) {
      const words = wordsOf(textOf(answer));
      const fresh = ["large", "huge", "saw"].filter((word) => words.includes(word));
      expect(fresh).toHaveLength(1);
      expect(words.filter((word) => word !== fresh[0])).toEqual(wordsOf(TEXT));
    }
  });

  it("replaces by words of a corpus that have the same neighbours there, and by no mention", async () => {
    const settings = { operations: ["replace"], corpus: file("posts.jsonl"), share: 0.9 };
    const text = "Cy met old Di near the big grey station";
    const mentions = ["Cy", "Di"].map((words) => spanOf(text, words));
    const fresh = (await made(settings, SEEDS, text, mentions)).flatMap((answer) => {
      const before = wordsOf(text);
      return wordsOf(textOf(answer)).flatMap((word, i) =>
        word === before[i] ? [] : [`${before[i]}>${word}`],
      );
    });
    // "the _ grey": tall. After a mention: sued, but not between a mention and "old". After "met": only "old" itself.
    expect(new Set(fresh)).toEqual(
      new Set(["big>tall", "met>sued", "near>met", "near>sued", "met>near", "the>a", "station>wall"]),
    );
  });

  it("refuses a text of mentions alone, and one for whose words it knows no others", async () => {
    const refused = { reason: "nothing-to-change" };
    const request = { text: "Ada", mentions: [{ start: 0, end: 3 }], seed: 1, instance: "a", step: 1 };
    expect(await rejection((await open()).rewrite(request, NEVER))).toMatchObject(refused);
    const listed = await open({ operations: ["replace", "insert"], words: file("list.txt") });
    const unknown = { ...request, text: "Ada waves" };
    expect(await rejection(listed.rewrite(unknown, NEVER))).toMatchObject(refused);
  });

  it("changes with the content of its sources, and refuses a list that is none", async () => {
    const first = (await open({ words: file("list.txt") })).identity;
    writeFileSync(file("other.txt"), "big, large\n");
    expect((await open({ words: file("other.txt") })).identity).not.toEqual(first);
    writeFileSync(file("none.txt"), "big\n\nsmall\n");
    expect(await rejection(open({ words: file("none.txt") }))).toMatchObject({ code: "config/unreadable" });
    expect(await rejection(open({ words: file("gone.txt") }))).toMatchObject({ code: "config/not-found" });
    const { error } = schema.safeParse({ adapter: "word-changes", operations: ["replace"] });
    expect(error?.issues[0]).toMatchObject({ path: ["operations"] });
  });
});
