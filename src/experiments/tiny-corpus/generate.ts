// Makes the tiny corpus from a seed: posts, the scenes of their pictures, and the truth about what needs a picture.
import { stream } from "../../training/random.ts";
import {
  BEFORE,
  BEHIND,
  LABELS,
  type Label,
  NAME_ENDS,
  NAME_STARTS,
  NEUTRAL_SCENES,
  NONE,
  OPEN,
  RELATIONS,
  SCENE_OF,
  STATED,
  SURNAMES,
} from "./posts.ts";
import { SCENES, type Scene } from "./scenes.ts";

export interface TinyPost {
  readonly id: string;
  readonly text: string;
  /** Half-open UTF-16 spans of the two mentions. */
  readonly head: { readonly start: number; readonly end: number };
  readonly tail: { readonly start: number; readonly end: number };
  readonly label: Label;
  /** Absent: the post has no picture. */
  readonly scene: Scene | undefined;
  /** Whether the text leaves the relation open, so that only the picture tells it. */
  readonly needsPicture: boolean;
}

export interface SplitTruth {
  readonly documents: number;
  /** Documents whose relation only the picture tells. */
  readonly needsPicture: number;
  readonly withoutPicture: number;
  readonly labels: Readonly<Record<Label, { readonly stated: number; readonly open: number }>>;
  /** The best that a reader of the texts alone can expect, "None" not counted in F1. */
  readonly textOnlyCeiling: { readonly accuracy: number; readonly microF1: number };
}

export interface TinySplit {
  readonly posts: readonly TinyPost[];
  readonly truth: SplitTruth;
}

export interface TinyCorpus {
  readonly seed: number;
  readonly train: TinySplit;
  readonly validation: TinySplit;
}

export interface TinyCorpusOptions {
  readonly seed?: number;
  readonly train?: number;
  readonly validation?: number;
  /** Share of documents whose relation only the picture tells. */
  readonly needsPicture?: number;
}

/** Share of the documents with a stated relation that have no picture. */
const WITHOUT_PICTURE = 0.1;
/** Share of "None", in both kinds of posts; the rest is divided evenly. */
const NONE_SHARE = 0.28;

type Random = () => number;

/**
 * The corpus; the same options give the same posts everywhere.
 * Where the text states the relation the scene is drawn at random, so a picture alone misleads; where it does not, the scene decides.
 */
export function generateTinyCorpus(options: TinyCorpusOptions = {}): TinyCorpus {
  const { seed = 7, train = 480, validation = 160, needsPicture = 0.4 } = options;
  const names = allNames();
  const pairsSeen = new Set<string>(); // a pair of names occurs once in the whole corpus: nothing can be learnt by heart
  const split = (name: string, size: number) => {
    const draws = stream(seed, 0, `tiny-corpus/${name}`);
    return makeSplit(name, size, needsPicture, () => draws.uniform(), names, pairsSeen);
  };
  return { seed, train: split("train", train), validation: split("validation", validation) };
}

function allNames(): string[] {
  const first = NAME_STARTS.flatMap((start) => NAME_ENDS.map((end) => start + end));
  return first.flatMap((name, at) =>
    at % 4 === 0 ? [`${name} ${SURNAMES[(at / 4) % SURNAMES.length]}`] : [name],
  );
}

function makeSplit(
  split: string,
  size: number,
  needsPicture: number,
  random: Random,
  names: readonly string[],
  pairsSeen: Set<string>,
): TinySplit {
  const open = Math.round(size * needsPicture);
  const plan = [
    ...labelsOf(open).map((label) => ({ label, open: true })),
    ...labelsOf(size - open).map((label) => ({ label, open: false })),
  ];
  shuffle(plan, random);
  const posts = plan.map((item, at) =>
    makePost(`${split}-${at}`, item.label, item.open, random, names, pairsSeen),
  );
  return { posts, truth: truthOf(posts) };
}

/** `count` labels in exact shares. */
function labelsOf(count: number): Label[] {
  const none = Math.round(count * NONE_SHARE);
  return Array.from({ length: count }, (_, at) =>
    at < none ? NONE : (RELATIONS[(at - none) % RELATIONS.length] as Label),
  );
}

function makePost(
  id: string,
  label: Label,
  open: boolean,
  random: Random,
  names: readonly string[],
  pairsSeen: Set<string>,
): TinyPost {
  const [head, tail] = drawPair(random, names, pairsSeen);
  const wording = pick(random, open ? OPEN : STATED[label]);
  const before = pick(random, BEFORE);
  const behind = pick(random, BEHIND);
  const { text, head: headSpan, tail: tailSpan } = fill(before + wording + behind, head, tail);
  const scene = open
    ? label === NONE
      ? pick(random, NEUTRAL_SCENES)
      : SCENE_OF[label]
    : pick(random, SCENES);
  const withoutPicture = !open && random() < WITHOUT_PICTURE;
  return {
    id,
    text,
    head: headSpan,
    tail: tailSpan,
    label,
    scene: withoutPicture ? undefined : scene,
    needsPicture: open,
  };
}

function drawPair(random: Random, names: readonly string[], seen: Set<string>): [string, string] {
  for (;;) {
    const head = pick(random, names);
    const tail = pick(random, names);
    const key = [head, tail].sort().join("|");
    if (head === tail || seen.has(key)) continue;
    seen.add(key);
    return [head, tail];
  }
}

/** Puts the names in place and says where they stand. */
function fill(wording: string, head: string, tail: string) {
  let text = "";
  const spans = { head: { start: 0, end: 0 }, tail: { start: 0, end: 0 } };
  for (const part of wording.split(/(\{h\}|\{t\})/)) {
    const start = text.length;
    if (part === "{h}") text += head;
    else if (part === "{t}") text += tail;
    else text += part;
    if (part === "{h}") spans.head = { start, end: text.length };
    if (part === "{t}") spans.tail = { start, end: text.length };
  }
  return { text, ...spans };
}

function truthOf(posts: readonly TinyPost[]): SplitTruth {
  const labels = Object.fromEntries(
    LABELS.map((label) => {
      const own = posts.filter((post) => post.label === label);
      const open = own.filter((post) => post.needsPicture).length;
      return [label, { stated: own.length - open, open }];
    }),
  ) as Record<Label, { stated: number; open: number }>;
  return {
    documents: posts.length,
    needsPicture: posts.filter((post) => post.needsPicture).length,
    withoutPicture: posts.filter((post) => post.scene === undefined).length,
    labels,
    textOnlyCeiling: textOnlyCeiling(labels),
  };
}

/** All stated posts right and one constant guess for the open ones, whose wording is independent of the label. */
function textOnlyCeiling(labels: Readonly<Record<Label, { stated: number; open: number }>>) {
  const all = Object.values(labels);
  const documents = all.reduce((sum, count) => sum + count.stated + count.open, 0);
  const openAll = all.reduce((sum, count) => sum + count.open, 0);
  const stated = documents - openAll;
  const statedRelated = stated - labels.None.stated;
  const related = documents - labels.None.stated - labels.None.open;
  const guesses = LABELS.map((guess) => {
    const hits = labels[guess].open;
    const accuracy = (stated + hits) / documents;
    const predicted = statedRelated + (guess === NONE ? 0 : openAll);
    const right = statedRelated + (guess === NONE ? 0 : hits);
    return { accuracy, microF1: (2 * right) / (predicted + related) };
  });
  return {
    accuracy: Math.max(...guesses.map((guess) => guess.accuracy)),
    microF1: Math.max(...guesses.map((guess) => guess.microF1)),
  };
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T; // the lists above are not empty
}

function shuffle<T>(list: T[], random: Random): void {
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [list[at], list[other]] = [list[other] as T, list[at] as T];
  }
}
