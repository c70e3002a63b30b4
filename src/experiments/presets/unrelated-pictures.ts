// The preset that pairs texts with pictures of other documents: what a model then loses is what it gained from the pictures.
import { allSets, type Evaluation, type Preset, presetError, type SharedStage, VALIDATION } from "../plan.ts";
import { requirePictures, TEXT_ONLY } from "./i2srm.ts";

const FILE = "documents.jsonl";

/** Random pictures in training, in evaluation, and in both. */
export const unrelatedPictures: Preset = {
  name: "unrelated-pictures",
  description:
    "pictures of other documents in training, in evaluation and in both: what the right pictures contribute",
  plan(base, options) {
    requirePictures("unrelated-pictures", base);
    const sets = allSets(options);
    const fileOf = (set: (typeof sets)[number]): string => {
      const file = set.file ?? base.data.validation;
      if (typeof file === "string") return file;
      throw presetError(
        "experiment/set-of-a-stage",
        `${set.name}: its file is made by the experiment`,
        "Name a file.",
      );
    };
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
      title: "Unrelated pictures",
      description:
        "Texts are paired with pictures of other documents of the same split, shuffled differently for every seed. This lowers the score of a model that uses its pictures, and of no other.",
      reference: "own-pictures",
      shared: [shuffle("train", base.data.train), ...sets.map((set) => shuffle(set.name, fileOf(set)))],
      variants: [
        {
          name: "own-pictures",
          description: "trained with the documents' own pictures",
          overrides: {},
          evaluations: [...asTheyAre, ...unrelated],
        },
        {
          name: "unrelated-pictures",
          description: "trained and chosen with pictures of other documents",
          overrides: {
            data: {
              format: "relata",
              train: { $stage: "unrelated-train", file: FILE },
              validation: { $stage: `unrelated-${VALIDATION}`, file: FILE },
            },
          },
          evaluations: [...asTheyAre, ...unrelated],
        },
        { name: "text-only", description: "no picture", overrides: TEXT_ONLY, evaluations: asTheyAre },
      ],
    };
  },
};
