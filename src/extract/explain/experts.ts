// What the two experts of a MI2RAGE student say about each pair of mentions: its real view, and its views of the other modality.
import { NONE_LABEL } from "../../data/labels.ts";
import { maskedScores } from "../../extractors/pairs/label-masks.ts";
import type { LoadedModel } from "../../extractors/relation/load-model.ts";
import { calibrated } from "../../extractors/shared/calibration.ts";
import { bestLabel, probabilitiesOf } from "../../extractors/shared/class-scores.ts";
import { StudentModel } from "../../extractors/student/student-model.ts";
import type { RelationQuestions } from "../ask-relations.ts";
import type { FoundEntity } from "../post.ts";
import type { ExpertGuesses, Guess, TwoExperts } from "./explanation.ts";

/** Returns what the experts of a student say; undefined for other models, and for a student that has no view to read. */
export async function expertsOf(
  relation: LoadedModel,
  { pairs, examples }: RelationQuestions,
  entities: readonly FoundEntity[],
): Promise<TwoExperts | undefined> {
  const { model, config, labels } = relation;
  if (!(model instanceof StudentModel) || config.format !== "relata-student-model") return undefined;
  const { real, combination = "attention" } = config.student;
  const how = calibrated(relation.calibration);
  const said = await model.experts(examples);
  const final = await model.predict(examples);
  const found = said.flatMap(({ real: own, views }, i): ExpertGuesses[] => {
    if (views === undefined) return [];
    const guess = (scores: Float32Array): Guess => {
      const masked = maskedScores(scores, examples[i]!.mask); // one example for each pair
      const best = bestLabel(masked);
      return { label: labels.labels[best]!, probability: probabilitiesOf(masked, how)[best]! };
    };
    const { head, tail } = pairs[i]!;
    const guesses = { real: guess(own), views: guess(views), together: guess(final[i]!) };
    if (Object.values(guesses).every(({ label }) => label === NONE_LABEL)) return [];
    const texts = { headText: entities[head]!.text, tailText: entities[tail]!.text };
    return [{ head, tail, ...texts, ...guesses }];
  });
  const sees = said.some(({ views }) => views !== undefined);
  return sees ? { real, combination, trust: model.trust, pairs: found } : undefined;
}
