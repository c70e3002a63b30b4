// The topic of a post, the category of its document: what the relation of its two entities is about. And the best scores that a reader can expect.
import { bestDecisions, type Decisions, type Posterior, posteriorOf, score } from "./ceilings.ts";
import { type Cell, evidence } from "./distribution.ts";
import { SPLITS, type SplitName, type World, type WorldPost } from "./generate.ts";
import type { Label } from "./labels.ts";

/**
 * Topics by relation. Wordings that fit two relations of one topic (a couple or siblings) leave no doubt about it; those between two topics (a couple
 * or colleagues, a home or a journey) need the picture.
 */
const TOPIC_OF = {
  None: "other",
  "per/per/couple": "family",
  "per/per/siblings": "family",
  "per/per/colleagues": "work",
  "per/org/member_of": "leisure",
  "per/org/founder_of": "work",
  "per/work/creator_of": "leisure",
  "per/loc/lives_in": "place",
  "per/loc/travels_to": "travel",
  "org/loc/based_in": "work",
  "loc/loc/contains": "place",
} as const satisfies Record<Label, string>;

export type Topic = (typeof TOPIC_OF)[Label];

/** The topic of a post. */
export function topicOf({ label }: { readonly label: Label }): Topic {
  return TOPIC_OF[label];
}

/** What a reader of posts may see: the text, the picture, or both. */
const TOPIC_VIEWS = ["text", "picture", "joint"] as const;
type TopicView = (typeof TOPIC_VIEWS)[number];
/** Accuracy by what the reader sees. */
export type TopicCeilings = Readonly<Record<TopicView, number>>;

/** The topics of a world, in `topics.json`. */
export interface TopicTruth {
  /** Topics of the labels that the world's posts have. */
  readonly topics: Readonly<Partial<Record<Label, Topic>>>;
  /** Expected accuracy of the best readers on posts of this distribution. */
  readonly ceilings: TopicCeilings;
  readonly splits: Readonly<
    Record<
      SplitName,
      {
        readonly topics: Readonly<Record<string, number>>;
        /** Accuracy of the best readers of the world on these posts. */
        readonly ceilings: TopicCeilings;
      }
    >
  >;
}

/** The topics of a world, with the ceilings computed as those of relations. */
export function topicTruth({ cells, labels, posts }: World): TopicTruth {
  const readers = byView((view) => {
    const posterior = casesOf(view, cells, ({ probability }) => probability);
    return { posterior, decisions: bestDecisions<Answer>(posterior, NOTHING) };
  });
  const names = [...new Set(labels.map((label) => TOPIC_OF[label]))].sort();
  const splitOf = (own: readonly WorldPost[]) => ({
    topics: Object.fromEntries(
      names.map((name) => [name, own.filter((post) => topicOf(post) === name).length]),
    ),
    ceilings: byView((view) =>
      accuracy(
        casesOf(
          view,
          own.map(({ cell }) => cell),
          () => 1,
        ),
        readers[view].decisions,
      ),
    ),
  });
  return {
    topics: Object.fromEntries(labels.map((label) => [label, TOPIC_OF[label]])),
    ceilings: byView((view) => accuracy(readers[view].posterior, readers[view].decisions)),
    splits: Object.fromEntries(SPLITS.map((split) => [split, splitOf(posts[split])])) as TopicTruth["splits"],
  };
}

/** Every post has a topic; what the general functions call "none" never occurs. */
const NOTHING = "no topic";
type Answer = Topic | typeof NOTHING;

function casesOf(view: TopicView, cells: readonly Cell[], massOf: (cell: Cell) => number): Posterior<Answer> {
  return posteriorOf(
    cells.map((cell) => ({
      evidence: evidence(view, cell),
      answer: topicOf(cell) as Answer,
      mass: massOf(cell),
    })),
  );
}

function accuracy(posterior: Posterior<Answer>, decisions: Decisions<Answer>): number {
  return score(posterior, decisions, NOTHING).accuracy;
}

function byView<T>(make: (view: TopicView) => T): Readonly<Record<TopicView, T>> {
  return { text: make("text"), picture: make("picture"), joint: make("joint") };
}
