// What the benchmark of time to a score gives a reference, and how it scores what comes back: as it scores relata's own answers.
import { ConfigError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import type { TextEncoderFolder } from "../../encoders/text-encoder.ts";
import { type EntityExample, tagsOf } from "../../extractors/entity/examples.ts";
import { schemeOf } from "../../extractors/entity/model-config.ts";
import type { PreparedEntities } from "../../extractors/entity/prepare.ts";
import { scoreEntities } from "../../extractors/entity/scores.ts";
import { entityTraining } from "../../extractors/entity/train-entities.ts";
import type { RelationExample } from "../../extractors/relation/examples.ts";
import type { RelationLabels } from "../../extractors/relation/read-relations.ts";
import { scoreModel } from "../../extractors/relation/scores.ts";
import { relationTraining } from "../../extractors/relation/train-relations.ts";
import { labelOf } from "../../extractors/shared/label-of.ts";
import { type LearningRates, learningRatesOf } from "../../extractors/shared/learning-rates.ts";
import type { PreparedSet, TrainingTask } from "../../extractors/shared/training-task.ts";

/** Scores of a reference: a row of logits, or of emissions token by token, for each validation text. */
export interface ReferenceAnswers {
  readonly answers: readonly (readonly number[])[];
  /** The CRF's scores, transitions row by row; null for relations. */
  readonly chain: Readonly<Record<"start" | "end" | "transitions", readonly number[]>> | null;
}

/** A text in token ids, with what a reference learns of it. */
interface ReferenceText {
  readonly ids: readonly number[];
  readonly [field: string]: unknown;
}

/** Settings and examples in the form of data.json. */
export interface ReferenceData {
  readonly task: "mre" | "mner";
  /** Folder of the encoder. */
  readonly encoder: string;
  /** Rows of the word table, markers included. */
  readonly vocabulary: number;
  readonly padId: number;
  /** Relations, or tags. */
  readonly labels: number;
  readonly emissionWidth: number;
  readonly rates: LearningRates;
  readonly weightDecay: number;
  readonly warmupRatio: number;
  readonly schedule: string;
  /** 0: no clipping. */
  readonly maxGradientNorm: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly parts: number;
  readonly seed: number;
  /** Of states and attention; null: what the encoder's config.json says. */
  readonly dropout: number | null;
  readonly train: readonly ReferenceText[];
  readonly validation: readonly ReferenceText[];
}

/** What the benchmark must know of a task. */
export interface CourseTask<
  Example extends { readonly id: string },
  Labels,
  Prepared extends PreparedSet<Example>,
> {
  readonly task: TrainingTask<Example, Labels, Prepared>;
  referenceExamples(train: Prepared, validation: Prepared): Pick<ReferenceData, "train" | "validation">;
  labelCount(labels: Labels, config: Config): number;
  /** Micro F1. */
  scoreOf(answers: ReferenceAnswers, validation: Prepared, labels: Labels, config: Config): Promise<number>;
}

/** Returns the settings that a reference trains with. */
export function referenceSetting(
  { task, training, model }: Config,
  { folder, config, tokenizer, markers }: TextEncoderFolder,
  { parts, labels }: Pick<ReferenceData, "parts" | "labels">,
): Omit<ReferenceData, "train" | "validation"> {
  const {
    weightDecay,
    warmupRatio,
    schedule,
    maxGradientNorm,
    batchSize,
    epochs,
    seed,
    dropout = null,
  } = training;
  return {
    ...{ weightDecay, warmupRatio, schedule, batchSize, epochs, parts, seed, dropout, labels },
    task: task === "mner" ? "mner" : "mre",
    encoder: folder,
    vocabulary: config.vocabSize + (task === "mre" ? markers.addedTokens.length : 0),
    padId: tokenizer.padId,
    emissionWidth: model.tagging.emissionWidth,
    rates: learningRatesOf(training, config),
    maxGradientNorm: maxGradientNorm === "none" ? 0 : maxGradientNorm,
  };
}

const relationText = (example: RelationExample): ReferenceText => {
  const { ids, headSpan: head, tailSpan: tail } = example.input;
  return { ids, head, tail, label: labelOf(example) };
};

/** Relations between given mentions. */
export const RELATIONS: CourseTask<RelationExample, RelationLabels, PreparedSet<RelationExample>> = {
  task: relationTraining,
  labelCount: ({ labels }) => labels.size,
  referenceExamples: (train, validation) => ({
    train: train.examples.map(relationText),
    validation: validation.examples.map(relationText),
  }),
  async scoreOf({ answers }, { examples }, { labels }) {
    const rows = rowsOf(
      answers,
      examples.map(() => labels.size),
    );
    const { metrics } = await scoreModel({ predict: async () => rows }, examples, labels);
    return metrics.micro.f1;
  },
};

/** Entities of a text. */
export const ENTITIES: CourseTask<EntityExample, readonly string[], PreparedEntities> = {
  task: entityTraining,
  labelCount: (types, config) => scheme(types, config).tags.length,
  referenceExamples: ({ examples }, { texts }) => ({
    train: examples.map((example) => ({ ids: example.input.ids, tags: tagsOf(example) })),
    validation: texts.flatMap(({ windows }) => windows.map(({ input: { ids } }) => ({ ids }))),
  }),
  async scoreOf({ answers, chain }, { texts }, types, config) {
    const tags = scheme(types, config);
    const lengths = texts.flatMap(({ windows }) => windows.map(({ input }) => input.ids.length));
    const rows = rowsOf(
      answers,
      lengths.map((length) => length * tags.tags.length),
    );
    if (chain === null) throw otherScores("they have no chain", null);
    const decoding = {
      scheme: tags,
      chain: {
        start: Float32Array.from(chain.start),
        end: Float32Array.from(chain.end),
        transitions: Float32Array.from(chain.transitions),
      },
      constrained: config.model.tagging.constrained,
    };
    const { metrics } = await scoreEntities({ predict: async () => rows }, texts, decoding);
    return metrics.micro.f1;
  },
};

const scheme = (types: readonly string[], { model }: Config) =>
  schemeOf({ entityTypes: [...types], subwords: model.tagging.subwords });

/** @throws ConfigError `bench/other-scores` if a text has no row, or one of another width */
function rowsOf(answers: ReferenceAnswers["answers"], widths: readonly number[]): Float32Array[] {
  if (answers.length !== widths.length)
    throw otherScores(`they are for ${answers.length} texts, not ${widths.length}`, answers.length);
  return answers.map((row, i) => {
    if (row.length === widths[i]) return Float32Array.from(row);
    throw otherScores(`text ${i} has ${row.length} numbers, not ${widths[i]}`, row.length);
  });
}

function otherScores(what: string, value: unknown): ConfigError {
  return new ConfigError({
    code: "bench/other-scores",
    message: `the reference's scores do not fit the validation texts: ${what}`,
    place: "answers",
    value,
    remedy: "Make the reference write a row of scores for every text of data.json's `validation`.",
    fault: "work",
  });
}
