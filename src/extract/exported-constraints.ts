// Chooses a bundle's type constraints: from given documents, or from the relation model's training record.

import type { PreparationProgress } from "../base/progress.ts";
import type { PairRule } from "../extractors/pairs/pair-rule.ts";
import { readPairRule } from "../extractors/pairs/pair-rule-file.ts";
import type { TypePair } from "../extractors/pairs/type-constraints.ts";
import type { RelationModelConfig } from "../extractors/relation/model-config.ts";
import { type ReadSettings, readData } from "../extractors/shared/read-data.ts";
import type { BundlePart, LearntConstraints } from "./bundle.ts";
import { type FindEntities, learnConstraints } from "./learn-constraints.ts";

/** The source of an export's type constraints. */
export interface ConstraintRequest {
  /** Folder of the relation model. */
  readonly relations: string;
  /** Documents that show which types are related: those the relation model was trained on. */
  readonly constraintsFrom?: (ReadSettings & { readonly path: string }) | undefined;
  /** Whether to ask posts only for related types; default true: learnt from `constraintsFrom`, or recorded when the relation model was trained. */
  readonly typeConstraints?: boolean | undefined;
  /** The relation model's own name for "None". */
  readonly noneLabel?: string | undefined;
  readonly onProgress?: ((progress: PreparationProgress) => void) | undefined;
}

export interface ExportedConstraints {
  readonly learnt: LearntConstraints | null;
  readonly warnings: readonly string[];
}

interface ConstrainedModels {
  /** What the entity model finds. */
  readonly types: readonly string[];
  readonly relation: Pick<RelationModelConfig, "data">;
  readonly trainedOn: BundlePart["trainedOn"];
}

/** Returns type constraints from documents, if given, and otherwise those that the relation model was trained with. */
export async function exportedConstraints(
  request: ConstraintRequest,
  { types, relation, trainedOn }: ConstrainedModels,
  findEntities: FindEntities,
): Promise<ExportedConstraints> {
  const { constraintsFrom, relations, typeConstraints = true, noneLabel, onProgress } = request;
  if (!typeConstraints) return { learnt: null, warnings: [] };
  if (constraintsFrom !== undefined) {
    const { path, ...settings } = constraintsFrom;
    const none = noneLabel ?? relation.data?.noneLabel ?? undefined;
    const reading = none === undefined ? settings : { noneLabel: none, ...settings };
    const { documents } = await readData(path, reading, onProgress);
    const learnt = await learnConstraints({ source: path, documents }, types, findEntities);
    return { learnt, warnings: [] };
  }
  const rule = await readPairRule(relations);
  if (rule === undefined) return { learnt: null, warnings: [] };
  return trainedConstraints(rule, types, trainedOn);
}

/** Returns the constraints from the relation model's training, for types that the entity model finds. */
function trainedConstraints(
  rule: PairRule,
  types: readonly string[],
  trainedOn: BundlePart["trainedOn"],
): ExportedConstraints {
  const findable = rule.pairs.filter(({ head, tail }) => types.includes(head) && types.includes(tail));
  const foreign = [...new Set(rule.pairs.flatMap(({ head, tail }) => [head, tail]))].filter(
    (type) => !types.includes(type),
  );
  const named = `${foreign.join(", ")}, on which the relation model was trained, ${foreign.length === 1 ? "is not a type" : "are not types"} of the entity model`;
  if (findable.length === 0) {
    const remedy = "name documents with --constraints-from to learn constraints from them";
    return { learnt: null, warnings: foreign.length > 0 ? [`no type constraints: ${named}; ${remedy}`] : [] };
  }
  const count = (pairs: readonly TypePair[]) => pairs.reduce((sum, pair) => sum + pair.count, 0);
  const relations = count(rule.pairs);
  return {
    learnt: {
      pairs: findable,
      learntFrom: {
        source: trainedOn?.train.source ?? "the training of the relation model",
        fingerprint: trainedOn?.train.fingerprint ?? "unknown",
        documents: trainedOn?.train.documents ?? 0,
        types: "training",
        relations,
        withoutType: relations - count(findable),
        rare: 0,
      },
    },
    warnings: foreign.length > 0 ? [`${named}: their relations will not be found`] : [],
  };
}
