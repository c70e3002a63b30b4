// Training on texts that were made from the real texts: in some steps, one of them is read in place of the real one.
import type { Config } from "../../config/schema.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import type { Shown, ViewDraws } from "./draw-views.ts";
import type { StudentExample } from "./student-example.ts";

/** Whether the generated views are texts that were made from the real texts. */
export function augments({ synthesis }: Config): boolean {
  return synthesis.augmentedShare !== undefined;
}

/** How many views a step of the student shows: with augmented texts, one text, for a share of the examples. */
export function drawsOf({ synthesis }: Config): ViewDraws & { readonly mixupAlpha?: number | undefined } {
  const { augmentedShare, mixupAlpha } = synthesis;
  if (augmentedShare === undefined) return synthesis;
  return { views: 1, vary: false, withoutViews: 1 - augmentedShare, mixupAlpha };
}

/** The example with a shown text in place of its own, where both are texts; the label stays. */
export function inPlace({ example, views }: Shown<StudentExample>): Shown<StudentExample> {
  const [view] = views;
  return view?.kind === "text"
    ? { example: { ...example, input: view.input, views: [] }, views: [] }
    : { example, views };
}

/** Scores every generated text of each example in place of its own text, and last the example as it is: rows of scores, joined. */
export async function predictEachText(
  model: Pick<GraphModel<StudentExample>, "predict">,
  examples: readonly StudentExample[],
): Promise<readonly Float32Array[]> {
  const asked = examples.map((example) => [
    ...(example.views ?? []).map((view) => inPlace({ example, views: [view] }).example),
    { ...example, views: [] },
  ]);
  const rows = await model.predict(asked.flat());
  let next = 0;
  return asked.map(({ length }) => {
    const own = rows.slice(next, next + length);
    next += length;
    return Float32Array.from(own.flatMap((row) => [...row]));
  });
}
