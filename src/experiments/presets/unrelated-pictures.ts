// The presets that pair texts with pictures of other documents: what a model then loses is what it gained from the pictures.
import type { Config } from "../../config/schema.ts";
import {
  allSets,
  type Evaluation,
  type EvaluationSet,
  type Overrides,
  type Preset,
  type PresetOptions,
  presetError,
  type SharedStage,
  VALIDATION,
  type Variant,
} from "../plan.ts";
import { OFF, requirePictures, TEXT_ONLY } from "./i2srm.ts";

const FILE = "documents.jsonl";

/** Random pictures in training, in evaluation, and in both. */
export const unrelatedPictures: Preset = {
  name: "unrelated-pictures",
  description:
    "pictures of other documents in training, in evaluation and in both: what the right pictures contribute",
  plan(base, options) {
    requirePictures("unrelated-pictures", base);
    const { sets, shared, asTheyAre, asTheyAreAndUnrelated: evaluations } = shuffled(base, options);
    return {
      title: "Unrelated pictures",
      description: SHUFFLED,
      reference: "own-pictures",
      sets,
      shared,
      variants: [
        { ...OWN, overrides: {}, evaluations },
        { ...UNRELATED, overrides: TRAINED_UNRELATED, evaluations },
        { ...TEXTS, evaluations: asTheyAre },
      ],
    };
  },
};

/** The same, with and without the loss that aligns text and picture. */
export const unrelatedPicturesSemanticLoss: Preset = {
  name: "unrelated-pictures-semantic-loss",
  description:
    "pictures of other documents in training, in evaluation and in both, each with and without the semantic loss",
  plan(base, options) {
    requirePictures("unrelated-pictures-semantic-loss", base);
    const { sets, shared, asTheyAre, asTheyAreAndUnrelated: evaluations } = shuffled(base, options);
    const withLoss = (overrides: Overrides) => ({ ...overrides, model: { semanticLoss: { enabled: true } } });
    const withoutLoss = ({ name, description }: typeof OWN, overrides: Overrides): Variant => ({
      name: `${name}-no-semantic-loss`,
      group: "without the semantic loss",
      description: `${description}, without the semantic loss`,
      overrides: { ...overrides, model: { semanticLoss: OFF } },
      reference: name,
      evaluations,
    });
    return {
      title: "Unrelated pictures and the semantic loss",
      description: `${SHUFFLED} A row without the semantic loss is compared with the row that has it, under the same pictures.`,
      reference: OWN.name,
      sets,
      shared,
      variants: [
        { ...OWN, overrides: withLoss({}), evaluations },
        { ...UNRELATED, overrides: withLoss(TRAINED_UNRELATED), evaluations },
        withoutLoss(OWN, {}),
        withoutLoss(UNRELATED, TRAINED_UNRELATED),
        { ...TEXTS, evaluations: asTheyAre },
      ],
    };
  },
};

const SHUFFLED =
  "Texts are paired with pictures of other documents of the same split, shuffled differently for every seed. This lowers the score of a model that uses its pictures, and of no other.";
const OWN = { name: "own-pictures", description: "trained with the documents' own pictures" };
const UNRELATED = {
  name: "unrelated-pictures",
  description: "trained and chosen with pictures of other documents",
};
const TEXTS = { name: "text-only", description: "no picture", overrides: TEXT_ONLY };
const TRAINED_UNRELATED: Overrides = {
  data: {
    format: "relata",
    train: { $stage: "unrelated-train", file: FILE },
    validation: { $stage: `unrelated-${VALIDATION}`, file: FILE },
  },
};

/** The stages that shuffle the pictures of every set, and the evaluations on both. */
function shuffled(base: Config, options: PresetOptions) {
  const { data } = base;
  const fileOf = ({ name, file = data.validation }: EvaluationSet): string => {
    if (typeof file === "string") return file;
    throw presetError(
      "experiment/set-of-a-stage",
      `${name}: its file is made by the experiment`,
      "Name a file.",
    );
  };
  // Named files, because a variant that is chosen with unrelated pictures has other validation documents, in another format.
  const sets = allSets(options).map((set) => {
    const captions = set.captions ?? (set.name === VALIDATION ? data.captions.validation : undefined);
    const format = set.format ?? data.format;
    return { ...set, file: fileOf(set), format, ...(captions === undefined ? {} : { captions }) };
  });
  const shuffle = (name: string, file: string): SharedStage => ({
    kind: "shuffle-images",
    name: `unrelated-${name}`,
    perSeed: true,
    file,
  });
  const asTheyAre = sets.map(({ name }): Evaluation => ({ set: name }));
  const unrelated = sets.map(
    ({ name }): Evaluation => ({
      set: name,
      condition: "unrelated pictures",
      file: { $stage: `unrelated-${name}`, file: FILE },
    }),
  );
  return {
    sets,
    shared: [shuffle("train", data.train), ...sets.map(({ name, file }) => shuffle(name, file))],
    asTheyAre,
    asTheyAreAndUnrelated: [...asTheyAre, ...unrelated],
  };
}
