// The best scores that any reader of a text, a picture or both can expect: Bayes-optimal decisions of the generating distribution.
import { type Cell, evidence, VIEWS, type ViewOfPost } from "./distribution.ts";
import { type Label, NONE } from "./labels.ts";

/** Scores of relations; micro F1 does not count None. */
export interface Scores {
  readonly accuracy: number;
  readonly microF1: number;
}

export type Ceilings = Readonly<Record<ViewOfPost, Scores>>;

/** The best reader's answer to each evidence; the two scores can require different answers. */
export interface Decisions<Answer extends string> {
  readonly accuracy: ReadonlyMap<string, Answer>;
  readonly microF1: ReadonlyMap<string, Answer>;
}

/** Probability (or count) of each answer for every evidence. */
export type Posterior<Answer extends string> = ReadonlyMap<string, ReadonlyMap<Answer, number>>;

/** One observation: its evidence, the true answer, and how often it occurs. */
export interface Case<Answer extends string> {
  readonly evidence: string;
  readonly answer: Answer;
  readonly mass: number;
}

/** Sums the masses by evidence and answer. */
export function posteriorOf<Answer extends string>(cases: Iterable<Case<Answer>>): Posterior<Answer> {
  const posterior = new Map<string, Map<Answer, number>>();
  for (const { evidence: seen, answer, mass } of cases) {
    if (mass === 0) continue;
    const masses = posterior.get(seen) ?? new Map<Answer, number>();
    masses.set(answer, (masses.get(answer) ?? 0) + mass);
    posterior.set(seen, masses);
  }
  return posterior;
}

/**
 * The decisions that maximise accuracy, and those that maximise micro F1 = 2 hits / (predicted + gold),
 * where `none` counts as neither predicted nor gold. For a value F of the ratio, predicting the likeliest
 * other answer pays if 2 P(answer) > F; Dinkelbach's iteration from F = 0 converges to the highest F.
 */
export function bestDecisions<Answer extends string>(
  posterior: Posterior<Answer>,
  none: Answer,
): Decisions<Answer> {
  const accuracy = new Map<string, Answer>();
  for (const [seen, masses] of posterior) accuracy.set(seen, likeliest(masses, none) ?? none);
  let best = new Map<string, Answer>();
  for (let ratio = 0; ; ) {
    best = new Map();
    for (const [seen, masses] of posterior) {
      const answer = likeliest(masses, none, false);
      const pays = answer !== undefined && 2 * (masses.get(answer) ?? 0) > ratio * total(masses);
      best.set(seen, pays ? answer : none);
    }
    const reached = score(posterior, { accuracy: best, microF1: best }, none).microF1;
    if (reached <= ratio) return { accuracy, microF1: best };
    ratio = reached;
  }
}

/** The answer with the highest mass; the first one if equal. */
function likeliest<Answer extends string>(
  masses: ReadonlyMap<Answer, number>,
  none: Answer,
  withNone = true,
): Answer | undefined {
  let found: Answer | undefined;
  for (const [answer, mass] of masses)
    if ((withNone || answer !== none) && (found === undefined || mass > (masses.get(found) ?? 0)))
      found = answer;
  return found;
}

function total(masses: ReadonlyMap<string, number>): number {
  return [...masses.values()].reduce((sum, mass) => sum + mass, 0);
}

/** Scores decisions on a distribution, or on counts; the answer to unknown evidence is `none`. */
export function score<Answer extends string>(
  posterior: Posterior<Answer>,
  decisions: Decisions<Answer>,
  none: Answer,
): Scores {
  let all = 0;
  let right = 0;
  let hits = 0;
  let given = 0;
  let there = 0;
  for (const [seen, masses] of posterior) {
    const mass = total(masses);
    all += mass;
    right += masses.get(decisions.accuracy.get(seen) ?? none) ?? 0;
    there += mass - (masses.get(none) ?? 0);
    const answer = decisions.microF1.get(seen) ?? none;
    if (answer === none) continue;
    given += mass;
    hits += masses.get(answer) ?? 0;
  }
  return {
    accuracy: all === 0 ? 0 : right / all,
    microF1: given + there === 0 ? 0 : (2 * hits) / (given + there),
  };
}

/** The reader who knows the world: how likely each label is for what a view shows, and the best answers. */
export interface BestReader {
  readonly view: ViewOfPost;
  readonly posterior: Posterior<Label>;
  readonly decisions: Decisions<Label>;
}

/** The best readers of a world, by view. */
export type BestReaders = Readonly<Record<ViewOfPost, BestReader>>;

/** Finds the best reader of every view. */
export function bestReaders(cells: readonly Cell[]): BestReaders {
  return byView((view) => {
    const posterior = posteriorOf(
      cells.map((cell) => ({ evidence: evidence(view, cell), answer: cell.label, mass: cell.probability })),
    );
    return { view, posterior, decisions: bestDecisions<Label>(posterior, NONE) };
  });
}

/**
 * The expected scores of the best readers on posts drawn from the distribution: no reader's expectation is
 * higher.
 */
export function expectedCeilings(readers: BestReaders): Ceilings {
  return byView((view) => score(readers[view].posterior, readers[view].decisions, NONE));
}

/** The scores of the best readers on these posts; on a lucky draw a worse reader may exceed them. */
export function reachedCeilings(
  readers: BestReaders,
  posts: readonly Pick<Cell, "signature" | "label" | "wording" | "head" | "tail" | "picture">[],
): Ceilings {
  return byView((view) => {
    const counts = posteriorOf(
      posts.map((post) => ({ evidence: evidence(view, post), answer: post.label, mass: 1 })),
    );
    return score(counts, readers[view].decisions, NONE);
  });
}

/** Labels that an evidence allows, with their probabilities, likeliest first. */
export function labelsGiven(
  { posterior }: BestReader,
  seen: string,
): readonly { readonly label: Label; readonly probability: number }[] {
  const masses = posterior.get(seen) ?? new Map<Label, number>();
  const all = total(masses);
  return [...masses]
    .map(([label, mass]) => ({ label, probability: mass / all }))
    .sort((a, b) => b.probability - a.probability);
}

function byView<T>(make: (view: ViewOfPost) => T): Readonly<Record<ViewOfPost, T>> {
  return Object.fromEntries(VIEWS.map((view) => [view, make(view)])) as Record<ViewOfPost, T>;
}
