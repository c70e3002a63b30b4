// One setting of relata in the benchmark of time to a score: trained part of an epoch by part, with the models and the loop of `relata train`.
import { Deferred } from "../../base/deferred.ts";
import { ConfigError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import type { DocumentSet } from "../../data/readers.ts";
import { initialize } from "../../extractors/shared/initial-weights.ts";
import { openTraining } from "../../extractors/shared/open-training.ts";
import { trainingOptions, withDropout } from "../../extractors/shared/train-task.ts";
import type { PreparedSet, Split } from "../../extractors/shared/training-task.ts";
import { trainModel } from "../../training/trainer.ts";
import {
  type CourseTask,
  ENTITIES,
  RELATIONS,
  type ReferenceAnswers,
  type ReferenceData,
  referenceSetting,
} from "./score-exchange.ts";
import type { ScoredTraining, ScorePoint } from "./scored-training.ts";
import { processorSeconds } from "./timing.ts";

export interface CourseOptions {
  readonly name: string;
  readonly config: Config;
  /** Training documents, evenly spaced in the file; undefined: all. */
  readonly documents: number | undefined;
  /** Validation documents, evenly spaced in the file; undefined: all. */
  readonly validation: number | undefined;
  /** Evaluations per epoch. */
  readonly parts: number;
  readonly runFolder: string;
  readonly signal: AbortSignal | undefined;
}

/** A training that takes turns. */
export interface Turns extends ScoredTraining, AsyncDisposable {
  /** Trains until the next evaluation; false if there is none left. */
  next(): Promise<boolean>;
}

/** A training of relata that takes turns, and its examples. */
export interface Course extends Turns {
  readonly examples: number;
  readonly validation: number;
  /** What a reference needs to train on the same examples. */
  readonly data: ReferenceData;
  /** Micro F1 of a reference's answers to the validation texts. @throws ConfigError `bench/other-scores` */
  score(answers: ReferenceAnswers): Promise<number>;
}

/** Reads the documents and builds the model. @throws ConfigError `bench/other-task`, and the codes of `train` */
export function openCourse(options: CourseOptions): Promise<Course> {
  const { task, method } = options.config;
  if (task === "mre" && method === "i2srm") return open(options, RELATIONS);
  if (task === "mner" && method === "i2srm") return open(options, ENTITIES);
  throw new ConfigError({
    code: "bench/other-task",
    message: `task is "${task}" and method "${method}": the benchmark trains relations and entities with I2SRM`,
    place: options.name,
    remedy: 'Set task to "mre" or "mner", and method to "i2srm".',
  });
}

async function open<Example extends { readonly id: string }, Labels, Prepared extends PreparedSet<Example>>(
  { name, config, documents, validation: validationDocuments, parts, runFolder, signal }: CourseOptions,
  { task, referenceExamples, labelCount, scoreOf }: CourseTask<Example, Labels, Prepared>,
): Promise<Course> {
  const { training } = config;
  const opened = await openTraining({ config, runFolder, signal }, async (onPreparation, extensions) => {
    const trainSet = await task.read(config.data.train, config, onPreparation, extensions);
    const validationSet = await task.read(config.data.validation, config, onPreparation, extensions);
    const labels = await task.labelsOf(config, trainSet, []);
    const validationSpaced = spaced(validationSet, validationDocuments);
    return { trainSet: spaced(trainSet, documents), validationSet: validationSpaced, labels };
  });
  try {
    const { runtime, setting } = opened;
    const { encoder, maxLength } = setting;
    const { trainSet, validationSet, labels } = opened.data;
    const dropoutEncoder = withDropout(encoder.config, training.dropout);
    const trained = task.create({ ...setting, runtime, labels, dropoutEncoder });
    const { model } = trained;
    const { onPreparation } = opened;
    const prepare = (set: DocumentSet, split: Split) =>
      task.prepare({
        ...{ set, split, labels, config, encoder, maxLength, runtime, onPreparation },
        visual: opened.visualOf(split),
      });
    const train = await prepare(trainSet, "train");
    const validation = await prepare(validationSet, "validation");
    await opened.releaseChannel();
    await initialize(model, encoder, training.seed);
    const start = performance.now();
    const processorStart = processorSeconds();
    await trained.beforeTraining?.(train, validation, onPreparation);
    const preparation = (performance.now() - start) / 1000;

    const points: ScorePoint[] = [];
    const ending = new AbortController();
    let seconds = preparation;
    let processor = processorSeconds() - processorStart;
    let begun = 0;
    let processorBegun = 0;
    const begin = () => {
      begun = performance.now();
      processorBegun = processorSeconds();
    };
    let ended = false;
    let turn = new Deferred<void>();
    let arrival = new Deferred<void>();
    let running: Promise<void> | undefined;
    const { metric: _, earlyStopping: __, ...options } = trainingOptions(training, encoder.config);
    const stepsPerEpoch = Math.ceil(train.examples.length / training.batchSize / training.accumulation);
    const run = async () => {
      await using optimizer = model.optimizer(training.accumulation);
      begin();
      await trainModel({
        ...{ model, optimizer, examples: train.examples, runFolder, groupOf: trained.groupOf },
        options: {
          ...options,
          evaluateEvery: { steps: Math.ceil(stepsPerEpoch / parts) },
          checkpointGapSeconds: Number.POSITIVE_INFINITY,
        },
        modelFiles: { config: trained.modelConfig },
        signal: AbortSignal.any([ending.signal, ...(signal ? [signal] : [])]),
        async evaluate({ step }) {
          seconds += (performance.now() - begun) / 1000;
          processor += processorSeconds() - processorBegun;
          const metrics = await trained.evaluate(validation);
          const f1 = metrics.micro_f1!; // both tasks have it
          points.push({ epochs: step / stepsPerEpoch, seconds, processorSeconds: processor, f1 });
          turn = new Deferred();
          arrival.resolve();
          if (step < stepsPerEpoch * training.epochs) await turn.promise;
          begin();
          return metrics;
        },
      });
    };
    return {
      ...{ name, preparation, points, description: {} },
      examples: train.examples.length,
      validation: validation.examples.length,
      data: {
        ...referenceSetting(config, encoder, { parts, labels: labelCount(labels, config) }),
        ...referenceExamples(train, validation),
      },
      score: (answers) => scoreOf(answers, validation, labels, config),
      async next() {
        if (ended) return false;
        arrival = new Deferred();
        const before = points.length;
        if (running === undefined) {
          running = run().finally(() => {
            ended = true;
          });
        } else turn.resolve();
        await Promise.race([arrival.promise, running]);
        return points.length > before;
      },
      async [Symbol.asyncDispose]() {
        ending.abort();
        turn.resolve();
        await Promise.allSettled([running]);
        await model.dispose();
        await opened[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

/** Evenly spaced documents of a set. */
function spaced(set: DocumentSet, count = set.documents.length): DocumentSet {
  const { documents } = set;
  const taken = Math.min(count, documents.length);
  const at = (i: number) => documents[Math.floor((i * documents.length) / taken)]!; // below the number of documents
  return { ...set, documents: Array.from({ length: taken }, (_, i) => at(i)) };
}
