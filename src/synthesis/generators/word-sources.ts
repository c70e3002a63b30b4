// What a word can be replaced by: the others of its group in a user's list, or words with the same neighbours in a corpus.
import { ConfigError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import { isCode } from "../../base/system-errors.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { streamDocuments } from "../../data/readers.ts";
import type { RandomStream } from "../../training/random.ts";
import { type Block, blocksOf } from "./word-blocks.ts";

/** Another word for the one in block `at`; undefined if none is known. */
export type Replacement = (blocks: readonly Block[], at: number, draws: RandomStream) => string | undefined;

export interface WordSources {
  readonly replacement: Replacement;
  /** Whether there is any source. */
  readonly any: boolean;
  /** Changes with the content of the sources. */
  readonly fingerprint: string;
}

type Counts = Map<string, number>;

/** Reads the list and counts the corpus. */
export async function openWordSources({
  words,
  corpus,
  corpusFormat,
}: {
  readonly words: string | undefined;
  readonly corpus: string | undefined;
  readonly corpusFormat: string;
}): Promise<WordSources> {
  const groups = words === undefined ? new Map<string, readonly string[]>() : await readGroups(words);
  const places = corpus === undefined ? undefined : await countPlaces(corpus, corpusFormat);
  const replacement: Replacement = (blocks, at, draws) => {
    const word = blocks[at]!.word!;
    const listed = groups.get(folded(word))?.filter((other) => folded(other) !== folded(word)) ?? [];
    const other = listed.length > 0 ? listed[draws.integer(listed.length)] : places?.draw(blocks, at, draws);
    return other && inCaseOf(word, other);
  };
  return {
    replacement,
    any: words !== undefined || corpus !== undefined,
    fingerprint: sha256(JSON.stringify([[...groups], places?.fingerprint ?? null])),
  };
}

/** The groups of a list, by each of their words. @throws ConfigError `config/not-found`, `config/unreadable` */
async function readGroups(path: string): Promise<Map<string, readonly string[]>> {
  let text: string;
  try {
    text = await readWholeText(path);
  } catch (cause) {
    throw new ConfigError({
      code: isCode(cause, "ENOENT") ? "config/not-found" : "config/unreadable",
      message: `the list of words ${path} cannot be read: ${(cause as Error).message}`,
      place: path,
      remedy: "Name a text file with a group of words per line, with commas or tabs between them.",
      cause,
    });
  }
  const groups = new Map<string, readonly string[]>();
  for (const line of text.split(/\r?\n/u)) {
    const group = line.split(/[,\t]/u).map((word) => word.trim());
    const named = group.filter((word) => word !== "");
    for (const word of named.length < 2 ? [] : named)
      groups.set(folded(word), [...(groups.get(folded(word)) ?? []), ...named]);
  }
  if (groups.size > 0) return groups;
  throw new ConfigError({
    code: "config/unreadable",
    message: `the list of words ${path} has no group of two or more words`,
    place: path,
    remedy: "Write a group per line, with commas or tabs between the words: big, large, huge.",
  });
}

interface Places {
  readonly fingerprint: string;
  draw(blocks: readonly Block[], at: number, draws: RandomStream): string | undefined;
}

/** Counts which words of a corpus stand between and after which. */
async function countPlaces(path: string, format: string): Promise<Places> {
  const between = new Map<string, Counts>();
  const after = new Map<string, Counts>();
  for await (const { text, entities } of streamDocuments(path, { format }).documents) {
    const blocks = blocksOf(text, entities);
    for (const [i, { word }] of blocks.entries()) {
      if (word === undefined) continue;
      count(between, placeOf(blocks, i), word);
      count(after, neighbour(blocks[i - 1]), word);
    }
  }
  const others = (counts: Counts | undefined, word: string) =>
    [...(counts ?? [])].filter(([other]) => folded(other) !== folded(word));
  return {
    fingerprint: sha256(JSON.stringify([...between].map(([place, counts]) => [place, ...counts]))),
    draw(blocks, at, draws) {
      const word = blocks[at]!.word!;
      const near = others(between.get(placeOf(blocks, at)), word);
      return drawn(near.length > 0 ? near : others(after.get(neighbour(blocks[at - 1])), word), draws);
    },
  };
}

function count(places: Map<string, Counts>, place: string, word: string): void {
  const counts = places.get(place) ?? new Map<string, number>();
  places.set(place, counts);
  counts.set(word, (counts.get(word) ?? 0) + 1);
}

function drawn(counts: readonly (readonly [string, number])[], draws: RandomStream): string | undefined {
  let left = draws.uniform() * counts.reduce((sum, [, one]) => sum + one, 0);
  for (const [word, one] of counts) {
    left -= one;
    if (left < 0) return word;
  }
  return counts.at(-1)?.[0]; // the sum was rounded
}

const MENTION = "\u0001"; // any mention: which one says nothing about the words around it

function placeOf(blocks: readonly Block[], at: number): string {
  return `${neighbour(blocks[at - 1])} ${neighbour(blocks[at + 1])}`;
}

function neighbour(block: Block | undefined): string {
  if (block === undefined) return "";
  return block.mentions.length > 0 ? MENTION : folded(block.text);
}

function folded(word: string): string {
  return word.normalize("NFC").toLowerCase();
}

/** The other word with a capital if the word has one. */
function inCaseOf(word: string, other: string): string {
  const [first = ""] = word;
  const [own = "", ...rest] = other;
  return first === first.toLowerCase() ? other : `${own.toUpperCase()}${rest.join("")}`;
}
