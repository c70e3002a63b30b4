// Draws the posts of a world from its distribution: the same options produce the same posts everywhere.

import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import { sha256 } from "../base/sha256.ts";
import { type RandomStream, stream } from "../training/random.ts";
import { type Cell, cellsOf, DEFAULT_SHARES, DISTRACTOR_TYPES, type Shares } from "./distribution.ts";
import { type EntityType, LABELS, type Label, type SignatureName, TYPES } from "./labels.ts";
import { drawForm, drawName, type Name, type NameKind, writeName } from "./names.ts";
import { fillWording, WORDINGS } from "./wordings.ts";

export const SPLITS = ["train", "validation", "test"] as const;
export type SplitName = (typeof SPLITS)[number];

/** One entity in a post's text; half-open, in UTF-16 code units. */
export interface Mention {
  readonly start: number;
  readonly end: number;
  readonly type: EntityType;
  /** What its name reveals about its type. */
  readonly name: NameKind;
}

export interface WorldPost {
  readonly id: string;
  readonly split: SplitName;
  readonly text: string;
  readonly head: Mention;
  readonly tail: Mention;
  readonly distractors: readonly Mention[];
  readonly label: Label;
  /** Wording, picture and everything else that the label depends on. */
  readonly cell: Cell;
  /** File name; absent: the post has no picture. */
  readonly image: string | undefined;
  /** Whether the text leaves the relation open or fits several. */
  readonly needsPicture: boolean;
}

export interface WorldOptions {
  readonly seed?: number | undefined;
  /** Posts per split. */
  readonly train?: number | undefined;
  readonly validation?: number | undefined;
  readonly test?: number | undefined;
  /** Shares that differ from the defaults. */
  readonly shares?: Partial<Shares> | undefined;
  /** Only posts about these pairs of types; all by default. */
  readonly signatures?: readonly SignatureName[] | undefined;
}

/**
 * A world of persons only, with two in each post: three relations and None, the smallest world for trial
 * runs.
 */
export const PERSONS_ALONE = {
  signatures: ["per/per"],
  shares: { ambiguousName: 0, distractors: [1, 0, 0] },
} as const satisfies WorldOptions;

export interface World {
  readonly seed: number;
  readonly shares: Shares;
  /** All labels that posts of this world can have, None first. */
  readonly labels: readonly Label[];
  /** The distribution that the posts are drawn from. */
  readonly cells: readonly Cell[];
  readonly posts: Readonly<Record<SplitName, readonly WorldPost[]>>;
}

const DEFAULT_SIZES: Readonly<Record<SplitName, number>> = { train: 1200, validation: 240, test: 400 };
const DEFAULT_SEED = 7;

/** Fillers before or after the wording; some contain characters of two UTF-16 units. `{d}` is a distractor. */
const BEFORE = ["", "", "", "RT: ", "Wow! ", "🎉 ", "#throwback "];
const BEHIND = ["", "", ".", "!", " 😂", " #news", ". More soon."];
const BEFORE_DISTRACTOR = ["Hello {d}! ", "Not about {d}, but: ", "First {d}, now this: "];
const BEHIND_DISTRACTOR = [
  ". More about {d} later",
  ". No news of {d}",
  ". And what about {d}?",
  ". Next week: {d}",
];
/**
 * Attempts to find an unused pair of names. Each pair occurs only once in the corpus, so that nothing can
 * be memorised; even thousands of posts need far fewer attempts.
 */
const MOST_PAIR_DRAWS = 10_000;

/** The posts of a world. @throws DataError `world/too-many-posts` */
export function drawWorld(options: WorldOptions = {}): World {
  const { seed = DEFAULT_SEED } = options;
  const shares = { ...DEFAULT_SHARES, ...options.shares };
  const cells = cellsOf(shares, options.signatures);
  const pairsSeen = new Set<string>();
  const split = (name: SplitName) =>
    drawSplit(name, options[name] ?? DEFAULT_SIZES[name], seed, cells, shares, pairsSeen);
  return {
    seed,
    shares,
    labels: LABELS.filter((label) => cells.some((cell) => cell.label === label)),
    cells,
    posts: { train: split("train"), validation: split("validation"), test: split("test") },
  };
}

/**
 * Systematic sampling: equally spaced points from one random start on the cells' cumulative probabilities.
 * Every post follows the distribution, and the count of each signature, label and wording is within one of
 * its expectation.
 */
function drawCells(cells: readonly Cell[], size: number, draws: RandomStream): readonly Cell[] {
  const start = draws.uniform();
  const drawn: Cell[] = [];
  let passed = 0;
  for (const cell of cells) {
    passed += cell.probability * size;
    while (drawn.length < size && start + drawn.length < passed) drawn.push(cell);
  }
  const last = cells.findLast((cell) => cell.probability > 0);
  while (drawn.length < size && last !== undefined) drawn.push(last); // rounding of the sum omits one at most
  return Array.from(draws.permutation(drawn.length), (at) => drawn[at] as Cell); // a permutation of its indices
}

function drawSplit(
  split: SplitName,
  size: number,
  seed: number,
  cells: readonly Cell[],
  shares: Shares,
  pairsSeen: Set<string>,
): readonly WorldPost[] {
  const drawn = drawCells(cells, size, stream(seed, 0, `world/${split}/cells`));
  return drawn.map((cell, at) => {
    const draws = stream(seed, at, `world/${split}/post`);
    // A digest: neither the name nor the order of names reveals anything about the post.
    const id = sha256(`${seed}/${split}/${at}`).slice(0, 12);
    return drawPost(id, split, cell, shares, draws, pairsSeen);
  });
}

function drawPost(
  id: string,
  split: SplitName,
  cell: Cell,
  shares: Shares,
  draws: RandomStream,
  pairsSeen: Set<string>,
): WorldPost {
  const [headName, tailName] = drawPair(cell, draws, pairsSeen);
  const wording = pick(draws, WORDINGS.get(cell.wording) ?? []);
  const write = (name: Name) => writeName(name, drawForm(name, draws));
  const middle = fillWording(wording, write(headName), write(tailName));
  const used = [headName, tailName];
  const others = Array.from({ length: drawCount(shares.distractors, draws) }, (): Distractor => {
    const type = drawType(draws);
    const kind: NameKind = draws.uniform() < shares.ambiguousName ? "any" : type;
    const name = drawOther(kind, used, draws);
    used.push(name);
    return { type, kind, text: write(name) };
  });
  const [first, second] = draws.uniform() < 0.5 ? others : [others[1], others[0]];
  const before = part(draws, BEFORE, BEFORE_DISTRACTOR, first);
  const behind = part(draws, BEHIND, BEHIND_DISTRACTOR, second);
  const text = before.text + middle.text + behind.text;
  const shifted = ({ start, end }: { start: number; end: number }, by: number) => ({
    start: start + by,
    end: end + by,
  });
  const { signature, picture, label } = cell;
  const behindAt = before.text.length + middle.text.length;
  return {
    id,
    split,
    text,
    head: { ...shifted(middle.head, before.text.length), type: signature.head, name: cell.head },
    tail: { ...shifted(middle.tail, before.text.length), type: signature.tail, name: cell.tail },
    distractors: [
      ...before.mentions,
      ...behind.mentions.map((mention) => ({ ...mention, ...shifted(mention, behindAt) })),
    ],
    label,
    cell,
    image: picture.kind === "none" ? undefined : `${id}.png`,
    needsPicture: cell.wording !== label,
  };
}

function drawPair(cell: Cell, draws: RandomStream, seen: Set<string>): readonly [head: Name, tail: Name] {
  for (let tries = 0; ; tries++) {
    const head = drawName(cell.head, draws);
    const tail = drawOther(cell.tail, [head], draws);
    const key = [head, tail]
      .map(({ words }) => words.join(" "))
      .sort()
      .join(" | ");
    if (!seen.has(key)) {
      seen.add(key);
      return [head, tail];
    }
    if (tries < MOST_PAIR_DRAWS) continue;
    throw new DataError({
      code: "world/too-many-posts",
      message: `there are no unused pairs of names left after ${counted(seen.size, "post")}`,
      value: seen.size,
      remedy: "Ask for fewer posts, or draw the corpus several times with different seeds.",
    });
  }
}

/** A name whose first word is unique in the post, so that a mention is unambiguous. */
function drawOther(kind: NameKind, used: readonly Name[], draws: RandomStream): Name {
  for (;;) {
    const name = drawName(kind, draws);
    if (used.every(({ words }) => words[0] !== name.words[0])) return name;
  }
}

interface Distractor {
  readonly type: EntityType;
  readonly kind: NameKind;
  readonly text: string;
}

/** The text on one side of the wording, with its distractor if any. */
function part(
  draws: RandomStream,
  plain: readonly string[],
  holding: readonly string[],
  distractor: Distractor | undefined,
): { readonly text: string; readonly mentions: readonly Mention[] } {
  if (distractor === undefined) return { text: pick(draws, plain), mentions: [] };
  const wording = pick(draws, holding);
  const start = wording.indexOf("{d}");
  const { text, type, kind } = distractor;
  return {
    text: wording.replace("{d}", text),
    mentions: [{ start, end: start + text.length, type, name: kind }],
  };
}

function drawCount(shares: Shares["distractors"], draws: RandomStream): number {
  const at = draws.uniform();
  return at < shares[0] ? 0 : at < shares[0] + shares[1] ? 1 : 2;
}

function drawType(draws: RandomStream): EntityType {
  let left = draws.uniform();
  const found = TYPES.find((type) => {
    left -= DISTRACTOR_TYPES[type];
    return left < 0;
  });
  return found ?? "person"; // reached only by rounding
}

function pick<T>(draws: RandomStream, list: readonly T[]): T {
  return list[draws.integer(list.length)] as T; // the lists above are not empty
}
