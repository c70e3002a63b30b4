// How unsure the model of a round is about each candidate of the pool.
import { atOnce } from "../base/turns.ts";
import type { Document } from "../data/document.ts";
import { load } from "../extract/load.ts";
import type { Post } from "../extract/post.ts";
import { uncertaintyOf } from "../extract/uncertainty.ts";
import { loadEntityModel } from "../extractors/entity/load-entity-model.ts";
import { emissionsOf, labelledTexts } from "../extractors/entity/scores.ts";
import { candidatePairs, MAX_PAIRS } from "../extractors/pairs/candidate-pairs.ts";
import { LabelMasks, maskedScores } from "../extractors/pairs/label-masks.ts";
import { constraintsOfRule } from "../extractors/pairs/pair-rule.ts";
import { readingInputs } from "../extractors/relation/examples.ts";
import { type LoadedModel, loadModel } from "../extractors/relation/load-model.ts";
import { pairReadingOf } from "../extractors/relation/model-config.ts";
import { calibrated } from "../extractors/shared/calibration.ts";
import { probabilitiesOf } from "../extractors/shared/class-scores.ts";
import type { LoadOptions } from "../extractors/shared/runtime-options.ts";
import { uncutWordsOf } from "../extractors/shared/words.ts";
import type { StudentExample } from "../extractors/student/student-example.ts";
import { type ActiveTask, withoutAnswers } from "./questions.ts";
import { tagUncertainty } from "./tag-uncertainty.ts";

/** The trained model of a round and how to load it. */
export interface RoundModel {
  readonly folder: string;
  /** With `both`, the folder of the entity model in addition to the bundle. */
  readonly entityFolder?: string | undefined;
  readonly options: LoadOptions;
  /** Folder of the pool's pictures, for a model that sees them. */
  readonly pictures?: string | undefined;
}

/**
 * Returns the uncertainty of each document, from 0 to 1. Relations: 1 minus the probability of the answer, "None" included, of the least certain
 * pair. Entities: see `tagUncertainty`. Both: the larger of that and `uncertaintyOf` what the bundle finds.
 */
export async function measurePool(
  documents: readonly Document[],
  task: ActiveTask,
  model: RoundModel,
): Promise<readonly number[]> {
  switch (task) {
    case "mre":
      return pairUncertainty(documents, model);
    case "mner":
      return textUncertainty(documents, model.folder, model.options);
    case "both":
      return postUncertainty(documents, model);
    default:
      return task satisfies never;
  }
}

async function textUncertainty(
  documents: readonly Document[],
  folder: string,
  options: LoadOptions,
): Promise<number[]> {
  const loaded = await loadEntityModel(folder, options);
  try {
    const { tokenizer, config, chain, scheme, model, visual } = loaded;
    const bare = documents.map((document) => withoutAnswers(document, "mner"));
    const features = await visual?.featuresOf(bare, {}, () => undefined);
    const byDocument = new Map(bare.map((document, i) => [document, features?.features[i]]));
    const texts = labelledTexts(bare, { tokenizer, maxLength: config.maxLength }, (one) =>
      byDocument.get(one),
    );
    const { temperature } = calibrated(loaded.calibration);
    const merged = await emissionsOf(model, texts, scheme.tags.length);
    return merged.map(({ emissions }) => tagUncertainty(emissions, chain, temperature));
  } finally {
    await loaded.dispose();
  }
}

async function pairUncertainty(documents: readonly Document[], model: RoundModel): Promise<number[]> {
  const loaded = await loadModel(model.folder, model.options);
  try {
    const { pictures } = model;
    const features = await loaded.visual?.featuresOf(documents, { pictures }, () => undefined);
    const asked = documents.map((document, i) => pairExamples(document, loaded, features?.features[i]));
    const rows = await loaded.model.predict(asked.flat());
    const how = calibrated(loaded.calibration);
    let at = 0;
    return asked.map((examples) =>
      examples.reduce((most, { mask }) => {
        const probabilities = probabilitiesOf(maskedScores(rows[at++]!, mask), how); // one row per example
        return Math.max(most, 1 - Math.max(...probabilities));
      }, 0),
    );
  } finally {
    await loaded.dispose();
  }
}

/** The questions about a document: its own pairs, or all pairs of its mentions. A pair that does not fit is left out. */
function pairExamples(
  document: Document,
  { tokenizer, markers, config, labels, pairRule }: LoadedModel,
  visual: StudentExample["visual"],
): StudentExample[] {
  const { id, text, entities } = document;
  const constraints = pairRule && constraintsOfRule(pairRule);
  const masks = constraints && new LabelMasks(constraints, labels);
  const pairs =
    document.relations.length > 0
      ? document.relations
      : candidatePairs(entities, MAX_PAIRS, constraints).pairs;
  const inputFor = atOnce(
    readingInputs(
      { id, text, words: uncutWordsOf(document, tokenizer), mentions: entities },
      {
        tokenizer,
        markers,
        maxLength: config.maxLength,
        truncation: "report",
        pairReading: pairReadingOf(config),
      },
    ),
  );
  return pairs.flatMap(({ head, tail }): StudentExample[] => {
    const mask = masks?.of(entities[head]!.label, entities[tail]!.label); // the reader checked the indices
    return [{ id, input: inputFor({ head, tail }), label: undefined, visual, ...(mask && { mask }) }];
  });
}

async function postUncertainty(
  documents: readonly Document[],
  { folder, entityFolder, options, pictures }: RoundModel,
): Promise<number[]> {
  const ofTexts = entityFolder === undefined ? [] : await textUncertainty(documents, entityFolder, options);
  await using extractor = await load(folder, options);
  const posts = documents.map(({ text, image }): Post => {
    const shown = image !== undefined && pictures !== undefined && extractor.sees.pictures;
    return { text, ...(shown ? { image: `${pictures}/${image}` } : {}) };
  });
  const found: number[] = [];
  for await (const outcome of extractor.extractMany(posts, { thresholds: false })) {
    found.push("extraction" in outcome ? uncertaintyOf(outcome.extraction) : 1);
  }
  return found.map((uncertainty, i) => Math.max(uncertainty, ofTexts[i] ?? 0));
}
