// What a selection did: how many views were kept, and what the teachers' scores say about the label before and after it.
import type { Json } from "../../training/index.ts";
import type { Config } from "../config/schema.ts";
import { poolOf, type StudentSet } from "./prepare-students.ts";
import { readScores, type ViewScores } from "./scores-file.ts";
import { type SelectionRule, selectViews } from "./selection.ts";

/**
 * Counts of views and, where teachers scored them, cross-entropies in nats and the lower bounds on mutual information with the label that
 * follow: I(S;Y) >= H(Y) - CE. The teachers read the real view too, so the bound is that of both together; `gain` is what views add to the
 * real view alone. After a selection by the very same scores both are optimistic: low scores were chosen.
 */
export async function selectionAccount(
  set: StudentSet,
  { synthesis, training }: Config,
  rule: SelectionRule,
): Promise<Readonly<Record<string, Json>>> {
  const { real, use, selection, rounds } = synthesis;
  if (use === "real" || rounds === 0) return {};
  const generated = set.examples.map((example) => ({ example, views: poolOf(example, real, "synthetic") }));
  const epochs = selection.when === "epoch" ? training.epochs : 1;
  const kept = generated.map(({ example, views }) => selectViews(rule, example.id, views, epochs - 1));
  const count = (lists: readonly (readonly unknown[])[]) => lists.reduce((sum, list) => sum + list.length, 0);
  const scores = selection.scores === undefined ? undefined : await readScores(selection.scores);
  const account = {
    method: selection.method,
    share: rule.method === "none" ? 1 : selection.share,
    when: selection.when,
    views: count(generated.map(({ views }) => views)),
    kept: count(kept),
    ...(scores && {
      information: {
        ...information(
          scores,
          set,
          generated.map(({ views }) => views),
          "before",
        ),
        ...information(scores, set, kept, "after"),
      },
    }),
  };
  return { selection: JSON.parse(JSON.stringify(account)) as Json };
}

function information(
  scores: ViewScores,
  { examples }: StudentSet,
  views: readonly (readonly { readonly id: string }[])[],
  when: "before" | "after",
) {
  const entropy = labelEntropy(examples.map(({ label }) => label));
  let withView = 0;
  let without = 0;
  let count = 0;
  examples.forEach(({ id }, i) => {
    const alone = scores.rows.get(id)?.withoutView.at(-1);
    for (const view of views[i]!) {
      const crossEntropy = scores.crossEntropy(id, view.id, Number.MAX_SAFE_INTEGER);
      if (crossEntropy === undefined || alone === undefined) continue;
      withView += crossEntropy;
      without += alone;
      count++;
    }
  });
  const crossEntropy = withView / count;
  return {
    labelEntropyNats: entropy,
    [when]: {
      views: count,
      crossEntropyNats: crossEntropy,
      boundNats: entropy - crossEntropy,
      gainNats: without / count - crossEntropy,
    },
  };
}

/** Entropy in nats of the labels' shares (plug-in estimate). */
function labelEntropy(labels: readonly unknown[]): number {
  const counts = new Map<unknown, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / labels.length) * Math.log(n / labels.length), 0);
}
