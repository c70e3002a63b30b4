// The paired bootstrap for entities: resamples documents, because entities of one document are not independent.
import {
  type BootstrapOptions,
  type BootstrapResult,
  pairedBootstrap,
  pooledRatio,
  type Statistic,
} from "./bootstrap.ts";
import { entityKey, type LabelledSpan } from "./entity-metrics.ts";
import { requireSameLength, requireSome } from "./evaluation-error.ts";
import { countMatches } from "./match-counts.ts";

type Entities = readonly (readonly LabelledSpan[])[];

/**
 * The paired bootstrap of two systems' micro F1 over entities; gold and both systems have one list per document. `clusters` joins documents
 * that are drawn together, such as those with the same text.
 *
 * @throws EvaluationError as `pairedBootstrap`, and `evaluation/different-lengths`, `evaluation/nothing-to-evaluate`.
 */
export function pairedBootstrapEntityF1(
  gold: Entities,
  predicted: { readonly a: Entities; readonly b: Entities },
  options: BootstrapOptions,
): BootstrapResult {
  requireSome("documents", gold);
  requireSameLength("predictions a", gold, predicted.a);
  requireSameLength("predictions b", gold, predicted.b);
  return pairedBootstrap(gold.length, entityF1(gold, predicted.a), entityF1(gold, predicted.b), options);
}

function entityF1(gold: Entities, predicted: Entities): Statistic {
  const counts = gold.map((spans, i) => countMatches(spans.map(entityKey), predicted[i]!.map(entityKey))); // lengths were checked
  return pooledRatio(
    Float64Array.from(counts, ({ truePositives }) => 2 * truePositives),
    Float64Array.from(counts, (count) => count.predicted + count.support),
  );
}
