// Trains MI2RAGE's student for entities: first the teachers, if their scores choose the views and do not exist yet, then the student.
import { calibrateEntities } from "../entity/calibrate.ts";
import { dominatingType } from "../entity/examples.ts";
import { entityStudentConfig, schemeOf, studentGraph } from "../entity/model-config.ts";
import { entityTypes, readEntityData } from "../entity/read-entities.ts";
import { runMetrics, scoreEntities } from "../entity/scores.ts";
import type { TrainRequest, TrainSummary } from "../requests.ts";
import { adaptersOf } from "../shared/adapters.ts";
import { lowerStatesOf, prepareStates } from "../shared/frozen-layers.ts";
import { learningRatesOf } from "../shared/learning-rates.ts";
import type { ModelRequest, TrainableModel, TrainingTask } from "../shared/training-task.ts";
import { selectionNotes } from "../student/selection-notes.ts";
import { picturePool } from "../student/student-example.ts";
import { selectedViews, viewsRecord } from "../student/student-training.ts";
import { trainWithTeachers } from "../student/train-student.ts";
import { prepareEntitySplit } from "./entity-split.ts";
import { type EntityStudentExample, EntityStudentModel } from "./entity-student-model.ts";
import { aboutMentions } from "./mention-questions.ts";
import type { EntityStudentSet } from "./prepare-entity-students.ts";
import { selectForDocuments } from "./select-for-documents.ts";

type EntityTypes = readonly string[];

/** Trains from the configuration; writes everything about the run to `runFolder`. */
export function trainEntityStudent(request: TrainRequest): Promise<TrainSummary> {
  return trainWithTeachers(request, entityStudentTraining, aboutMentions);
}

const entityStudentTraining: TrainingTask<EntityStudentExample, EntityTypes, EntityStudentSet> = {
  read: readEntityData,
  labelsOf: entityTypes,
  async prepare(request) {
    const prepared = await prepareEntitySplit(request);
    if (request.split === "validation") return prepared;
    const { config } = request;
    const { use, rounds } = config.synthesis;
    const { examples, account } = prepared;
    const pools = examples.map((example) => picturePool(example, use));
    const { rule, selection } = await selectForDocuments(prepared, request);
    const bare = pools.filter((pool) => pool.length === 0).length;
    return {
      ...prepared,
      examples: examples.map((example, i) => ({
        ...example,
        keptIn: selectedViews(example, pools[i]!, config, rule),
      })),
      account: rounds === 0 ? account : { ...account, withoutVisual: bare },
      selection,
    };
  },
  create: createEntityStudent,
  describe: (types) => [...types],
  notes: (_types, { selection }) => selectionNotes(selection),
  record: viewsRecord,
};

function createEntityStudent(
  request: ModelRequest<EntityTypes>,
): TrainableModel<EntityStudentExample, EntityStudentSet> {
  const { labels: types, config, encoder, maxLength, visual, runtime, dropoutEncoder } = request;
  const { training, synthesis } = config;
  const { fusion, promptLength, tagging } = config.model;
  const { emissionWidth, subwords, constrained } = tagging;
  const modelConfig = entityStudentConfig({
    ...{ entityTypes: [...types], subwords, constrained, emissionWidth, maxLength, visual },
    encoder: encoder.configJson as Record<string, unknown>,
    student: { fusion, promptLength },
  });
  const rates = learningRatesOf(training, encoder.config);
  const states = lowerStatesOf(request);
  const { padId } = encoder.tokenizer;
  const model = new EntityStudentModel(runtime, {
    graph: studentGraph(modelConfig, dropoutEncoder),
    padId,
    groups: {
      weightDecay: training.weightDecay,
      taggerLearningRateScale: rates.tagger / rates.encoder,
      headLearningRateScale: rates.heads / rates.encoder,
    },
    trainable: true,
    adapters: adaptersOf(training),
    training: synthesis,
    states,
  });
  const scheme = schemeOf(modelConfig);
  const decoding = () => ({ scheme, chain: model.chain, constrained });
  return {
    model,
    modelConfig,
    groupOf: (example) => dominatingType(example, scheme),
    evaluate: async ({ texts }) => runMetrics((await scoreEntities(model, texts, decoding())).metrics),
    calibrate: (validation) => calibrateEntities(model, validation, decoding()),
    beforeTraining(train, validation, onPreparation) {
      const scored = validation.texts.flatMap(({ windows }) => windows);
      return prepareStates(model, [...train.examples, ...scored], onPreparation);
    },
  };
}
