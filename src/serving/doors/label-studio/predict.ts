// Reads the tasks of a project, each with its picture where it can be had, and writes what is found as Label Studio's predictions.
import { RelataError } from "../../../base/errors.ts";
import { nothingLeftOut, type Prediction } from "../../../data/annotations/label-studio-items.ts";
import { isPictureFault } from "../../../encoders/pictures/limits.ts";
import type { ServingContext } from "../../http/dependencies.ts";
import { statusOf } from "../../http/problems.ts";
import type { PostInput } from "../../http/schemas.ts";
import type { ExtractAnswer, ServedModel } from "../../service.ts";
import { readPosts } from "../read-posts.ts";
import type { LabelConfig } from "./label-config.ts";
import { describeLeftOut, predictionOfExtraction } from "./prediction.ts";
import { pictureOfTask, textOfTask } from "./task.ts";

/** What to predict, and how. */
export interface PredictRequest {
  readonly tasks: readonly { readonly data: Readonly<Record<string, unknown>> }[];
  readonly config: LabelConfig;
  readonly model: ServedModel;
  readonly modelVersion: string;
}

/** One prediction for each task, and what was left out. */
export interface Predicted {
  readonly results: readonly Prediction[];
  readonly notes: readonly string[];
}

/** Errors of a task's picture alone, besides those of the picture itself: its text is read all the same. */
const OF_PICTURES: readonly string[] = [
  "serving/bad-base64",
  "serving/body-too-large",
  "serving/picture-url-failed",
  "serving/picture-url-refused",
];

/**
 * Predicts the annotations of tasks. A task that cannot be read has an empty prediction and a note; a picture that cannot be had is a note.
 *
 * @throws RelataError for what concerns all tasks, such as a full queue: Label Studio then asks again
 */
export async function predictTasks(
  c: ServingContext,
  { tasks, config, model, modelVersion }: PredictRequest,
): Promise<Predicted> {
  const notes = [...config.notes];
  const results: Prediction[] = tasks.map(() => ({ result: [], model_version: modelVersion }));
  const leftOut = nothingLeftOut();
  const withoutPicture: Asked[] = [];
  const take = ({ task, post }: Asked, answer: ExtractAnswer | RelataError) => {
    const place = `tasks[${task}]`;
    if (!(answer instanceof RelataError)) {
      const { extraction } = answer;
      if (extraction.visualError !== undefined)
        notes.push(`${place} was read without its picture: ${extraction.visualError.message}`);
      results[task] = predictionOfExtraction(extraction, config, modelVersion, leftOut);
    } else if (post.image !== undefined && isOfPicture(answer)) {
      notes.push(`${place} was read without its picture: ${answer.message} (${answer.code})`);
      withoutPicture.push({ task, post: { text: post.text } });
    } else if (statusOf(answer) === 422) {
      notes.push(`${place} has no prediction: ${answer.message} (${answer.code})`);
    } else throw answer;
  };
  const ask = async (asked: readonly Asked[]) => {
    const request = { model: model.name, posts: asked.map(({ post }) => post), options: {} };
    const answers = asked.length === 0 ? [] : await readPosts(c, request);
    for (const [i, answer] of answers.entries()) take(asked[i]!, answer); // one answer for each post
  };
  await ask(
    tasks.flatMap(({ data }, task) => {
      const post = postOf(data, config, model, `tasks[${task}]`, notes);
      return post === undefined ? [] : [{ task, post }];
    }),
  );
  await ask(withoutPicture);
  return { results, notes: [...notes, ...describeLeftOut(leftOut)] };
}

interface Asked {
  /** Position of the task. */
  readonly task: number;
  readonly post: PostInput;
}

function isOfPicture(error: RelataError): boolean {
  return OF_PICTURES.includes(error.code) || isPictureFault(error);
}

/** The post of a task; undefined, with a note, if it has no text. */
function postOf(
  data: Readonly<Record<string, unknown>>,
  { text: textTag, picture: pictureTag }: LabelConfig,
  { description }: ServedModel,
  place: string,
  notes: string[],
): PostInput | undefined {
  const text = textOfTask(data, textTag);
  if (text === undefined) {
    notes.push(`${place} has no prediction: its data has no text ${JSON.stringify(textTag.field)}`);
    return undefined;
  }
  if (pictureTag === undefined || !description.sees.pictures) return { text };
  const { image, note } = pictureOfTask(data, pictureTag);
  if (note !== undefined) notes.push(`${place} is read without its picture: ${note}`);
  return image === undefined ? { text } : { text, image };
}
