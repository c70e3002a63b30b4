// The ML backend that Label Studio asks for predictions: every task's text is read, and what is found comes back in the names of the project's
// labeling configuration. Nothing is trained from here.
import { z } from "@hono/zod-openapi";
import { RelataError } from "../../base/errors.ts";
import { isFields } from "../../base/fields.ts";
import { readJson } from "../http/body/read-json.ts";
import type { Door, ServingContext } from "../http/dependencies.ts";
import { describeRoute, type ServingRoute } from "../http/describe.ts";
import { statusOf } from "../http/problems.ts";
import { RequestError } from "../http/request-error.ts";
import type { PostInput } from "../http/schemas.ts";
import type { ServedModel } from "../service.ts";
import { type LabelConfig, readLabelConfig } from "./label-studio/label-config.ts";
import {
  describeLeftOut,
  type LeftOut,
  nothingLeftOut,
  type Prediction,
  predictionOf,
} from "./label-studio/prediction.ts";
import { pictureOfTask, textOfTask } from "./label-studio/task.ts";
import { readPosts, servedModel } from "./read-posts.ts";

const TASK = z.looseObject({ data: z.record(z.string(), z.unknown()) });

const PREDICT = z
  .looseObject({ tasks: z.array(TASK).min(1), label_config: z.string() })
  .openapi("LabelStudioPredict");

const SETUP = z.looseObject({ schema: z.string().optional() }).openapi("LabelStudioSetup");
const EVENT = z.looseObject({ action: z.string().min(1) }).openapi("LabelStudioEvent");

const VERSION = z.string().openapi({ description: "Name and version of the model", example: "posts 3f2a90c1" });
const NOTES = z.array(z.string()).openapi({ description: "What was left out, and why" });
const ANSWER = z
  .looseObject({ results: z.array(z.looseObject({ result: z.array(z.unknown()) })), model_version: VERSION, notes: NOTES })
  .openapi("LabelStudioPredictions");
const STATUS = z.strictObject({ status: z.literal("UP"), model_class: z.string(), model_version: VERSION });
const CONNECTED = z.strictObject({ model_version: VERSION, notes: NOTES });

type Route = Pick<ServingRoute, "method" | "summary"> & {
  readonly path: string;
  readonly operationId: string;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  readonly status?: 201;
  readonly handle: (c: ServingContext) => Promise<object>;
};

const ROUTES: readonly Route[] = [
  {
    method: "get",
    path: "/health",
    operationId: "labelStudioHealth",
    summary: "Tell Label Studio that a model answers",
    answer: STATUS,
    handle: health,
  },
  {
    method: "get",
    path: "/versions",
    operationId: "labelStudioVersions",
    summary: "List the versions of the model for Label Studio",
    answer: z.strictObject({ versions: z.array(VERSION) }),
    handle: async (c) => ({ versions: [versionOf(modelOf(c))] }),
  },
  {
    method: "post",
    path: "/setup",
    operationId: "labelStudioSetup",
    summary: "Connect a project of Label Studio, and say which labels have no counterpart",
    body: SETUP,
    answer: CONNECTED,
    handle: setUp,
  },
  {
    method: "post",
    path: "/predict",
    operationId: "labelStudioPredict",
    summary: "Predict the annotations of tasks of Label Studio",
    body: PREDICT,
    answer: ANSWER,
    handle: predict,
  },
  {
    method: "post",
    path: "/webhook",
    operationId: "labelStudioWebhook",
    summary: "Take an event of Label Studio, which is only logged",
    body: EVENT,
    answer: z.strictObject({ status: z.literal("logged") }),
    status: 201,
    handle: takeEvent,
  },
];

/** Adds the routes: for the first model, and below /models/NAME for each. */
export const labelStudioDoor: Door = (app) => {
  for (const { method, path, operationId, summary, body, answer, status = 200, handle } of ROUTES) {
    for (const prefix of ["", "/models/{model}"]) {
      const request = {
        ...(prefix === "" ? {} : { params: z.object({ model: z.string() }) }),
        ...(body && { body: { required: true, content: { "application/json": { schema: body } } } }),
      };
      describeRoute(
        app,
        {
          method,
          path: `${prefix}${path}`,
          operationId: prefix === "" ? operationId : `${operationId}OfModel`,
          tag: "Label Studio",
          access: "token",
          summary,
          request,
          responses: { [status]: { description: "Done", content: { "application/json": { schema: answer } } } },
          problems: body ? [404, 413, 415, 422, 429, 504] : [404],
        },
        async (c) => c.json(await handle(c), status),
      );
    }
  }
};

async function health(c: ServingContext): Promise<object> {
  const { isReady } = c.var.deps.service;
  if (!isReady.call(c.var.deps.service))
    throw new RequestError({
      code: "serving/not-ready",
      message: "no worker answers yet",
      fault: "work",
      headers: { "retry-after": "5" },
    });
  return { status: "UP", model_class: "relata", model_version: versionOf(modelOf(c)) };
}

async function setUp(c: ServingContext): Promise<object> {
  const { schema } = await readJson(c, SETUP);
  const model = modelOf(c);
  const notes = schema === undefined ? [] : notesOnLabels(readLabelConfig(schema), model);
  for (const note of notes) c.var.deps.log.write("warning", "label studio project", { note });
  return { model_version: versionOf(model), notes };
}

async function predict(c: ServingContext): Promise<object> {
  const { tasks, label_config: xml } = await readJson(c, PREDICT);
  const config = readLabelConfig(xml);
  const model = modelOf(c);
  const version = versionOf(model);
  const notes = [...config.notes];
  const posts = tasks.map(({ data }, i) => postOf(data, config, model, `tasks[${i}]`, notes));
  const asked = posts.flatMap((post, i) => (post === undefined ? [] : [{ post, i }]));
  const answers = await readPosts(c, { model: model.name, posts: asked.map(({ post }) => post), options: {} });
  const leftOut = nothingLeftOut();
  const results: Prediction[] = tasks.map(() => ({ result: [], model_version: version }));
  for (const [at, answer] of answers.entries()) {
    const { i } = asked[at]!; // one answer for each post
    if (answer instanceof RelataError) {
      // What is wrong with one task leaves it without a prediction; a full queue is for all, so that Label Studio asks again.
      if (statusOf(answer) !== 422) throw answer;
      notes.push(`tasks[${i}] has no prediction: ${answer.message} (${answer.code})`);
    } else {
      const { extraction } = answer;
      if (extraction.visualError !== undefined)
        notes.push(`tasks[${i}] was read without its picture: ${extraction.visualError.message}`);
      results[i] = predictionOf(extraction, config, version, leftOut);
    }
  }
  notes.push(...describeLeftOut(leftOut));
  logNotes(c, notes, leftOut);
  return { results, model_version: version, notes };
}

async function takeEvent(c: ServingContext): Promise<object> {
  const { action, project } = await readJson(c, EVENT);
  const id = isFields(project) ? project.id : project;
  c.var.deps.log.write("info", "label studio event", {
    action,
    ...(typeof id === "string" || typeof id === "number" ? { project: id } : {}),
  });
  return { status: "logged" };
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

/** What the model finds and the project has no name for. */
function notesOnLabels(config: LabelConfig, { description }: ServedModel): readonly string[] {
  const { entityTypes, relationLabels, categories } = description;
  const missing = (labels: readonly string[], nameOf: ((label: string) => string | undefined) | undefined) =>
    labels.filter((label) => label !== "None" && nameOf?.(label) === undefined);
  const kinds = [
    ["<Label>", missing(entityTypes, config.entities && ((label) => config.entities?.labels.nameOf(label)))],
    ["<Relation>", missing(relationLabels, config.relations && ((label) => config.relations?.nameOf(label)))],
    ["<Choice>", missing(categories, config.categories && ((label) => config.categories?.labels.nameOf(label)))],
  ] as const;
  return [
    ...config.notes,
    ...kinds.flatMap(([tag, labels]) =>
      labels.length === 0
        ? []
        : [`the labeling configuration has no ${tag} for ${labels.map((label) => JSON.stringify(label)).join(", ")}: left out of predictions`],
    ),
  ];
}

const NOTES_LOGGED = 20; // of one request; the answer has all

function logNotes(c: ServingContext, notes: readonly string[], leftOut: LeftOut): void {
  for (const note of notes.slice(0, NOTES_LOGGED)) c.var.deps.log.write("warning", "label studio prediction", { note });
  if (notes.length > NOTES_LOGGED)
    c.var.deps.log.write("warning", "label studio prediction", {
      furtherNotes: notes.length - NOTES_LOGGED,
      relationsWithoutMention: leftOut.relationsWithoutMention,
    });
}

function modelOf(c: ServingContext): ServedModel {
  return servedModel(c, c.req.param("model"));
}

function versionOf({ name, version }: ServedModel): string {
  return `${name} ${version}`;
}
