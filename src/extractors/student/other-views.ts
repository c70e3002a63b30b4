// What teachers read beside an example's generated views, to compare with them: real second views, and views of other examples.
import { stream } from "../../training/random.ts";
import { OWN_VIEW, type StudentExample, type StudentView, shownViews } from "./student-example.ts";
import { type TextCoding, withMentionsOf } from "./view-alone.ts";

/** The examples that have a real second view, with this view in place of generated ones. */
export function realSecondViews(
  examples: readonly StudentExample[],
  real: "text" | "picture",
): StudentExample[] {
  return examples.flatMap((example) => {
    const own = shownViews({ ...example, views: [], hidesOwn: false }, real).filter(
      ({ id }) => id === OWN_VIEW,
    );
    return own.length === 0 ? [] : [{ ...example, views: own, hidesOwn: true }];
  });
}

/** How texts were encoded, and how long they may be. */
export interface ShuffleOptions extends TextCoding {
  readonly maxLength: number;
  readonly seed: number;
}

/**
 * Gives every example the views of one with another real view: of the next group in a random order, so that views are as frequent as before
 * and only their examples differ. A text keeps its words, but its mentions become those of its new example: what is compared is what the
 * view says about them.
 *
 * @param keys a group per example, equal for those with the same real view
 */
export function shuffledViews(
  examples: readonly StudentExample[],
  keys: readonly string[],
  options: ShuffleOptions,
): StudentExample[] {
  const groups = new Map<string, StudentExample[]>();
  for (const [i, example] of examples.entries()) {
    if ((example.views ?? []).length === 0) continue;
    const key = keys[i]!; // one per example
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(example);
  }
  const all = [...groups.values()];
  if (all.length < 2) return [];
  const order = [...stream(options.seed, 0, "shuffled-views").permutation(all.length)];
  return order.flatMap((group, position) => {
    const next = all[order[(position + 1) % order.length]!]!;
    return all[group]!.map((example, i) => ({
      ...example,
      views: (next[i % next.length]!.views ?? []).flatMap((view) => adopted(view, example, options)),
    }));
  });
}

/** A view as one of another example; empty for a text in which the example's mentions have no room. */
function adopted(view: StudentView, example: StudentExample, options: ShuffleOptions): StudentView[] {
  if (view.kind === "picture") return [view];
  const input = withMentionsOf(view.input, example.input, options);
  return input === undefined || input.length > options.maxLength ? [] : [{ ...view, input }];
}
