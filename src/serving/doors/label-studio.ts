// The ML backend that Label Studio asks for predictions: every task's text is read, and what is found comes back in the names of the project's
// labeling configuration. Nothing is trained from here.
import { z } from "@hono/zod-openapi";
import { isFields } from "../../base/fields.ts";
import { readJson } from "../http/body/read-json.ts";
import type { Door, ServingContext } from "../http/dependencies.ts";
import { describeRoute, type ServingRoute } from "../http/describe.ts";
import { RequestError } from "../http/request-error.ts";
import { servedModel } from "../http/served-model.ts";
import type { ServedModel } from "../service.ts";
import { type LabelConfig, type LabelNames, readLabelConfig } from "./label-studio/label-config.ts";
import { predictTasks } from "./label-studio/predict.ts";

const TASK = z.looseObject({ data: z.record(z.string(), z.unknown()) });

const PREDICT = z
  .looseObject({ tasks: z.array(TASK).min(1), label_config: z.string() })
  .openapi("LabelStudioPredict");

const SETUP = z.looseObject({ schema: z.string().optional() }).openapi("LabelStudioSetup");
const EVENT = z.looseObject({ action: z.string().min(1) }).openapi("LabelStudioEvent");

const VERSION = z
  .string()
  .openapi({ description: "Name and version of the model", example: "posts 3f2a90c1" });
const NOTES = z.array(z.string()).openapi({ description: "What was left out, and why" });
const ANSWER = z
  .looseObject({
    results: z.array(z.looseObject({ result: z.array(z.unknown()) })),
    model_version: VERSION,
    notes: NOTES,
  })
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
          responses: {
            [status]: { description: "Done", content: { "application/json": { schema: answer } } },
          },
          problems: body ? [404, 413, 415, 422, 429, 504] : [404],
        },
        async (c) => c.json(await handle(c), status),
      );
    }
  }
};

async function health(c: ServingContext): Promise<object> {
  if (!c.get("deps").service.isReady())
    throw new RequestError({ code: "serving/not-ready", message: "no worker answers yet", fault: "work" });
  return { status: "UP", model_class: "relata", model_version: versionOf(modelOf(c)) };
}

async function setUp(c: ServingContext): Promise<object> {
  const { schema } = await readJson(c, SETUP);
  const model = modelOf(c);
  const notes = schema === undefined ? [] : notesOnLabels(readLabelConfig(schema), model);
  for (const note of notes) c.get("deps").log.write("warning", "label studio project", { note });
  return { model_version: versionOf(model), notes };
}

const NOTES_LOGGED = 20; // of one request; the answer has all

async function predict(c: ServingContext): Promise<object> {
  const { tasks, label_config: xml } = await readJson(c, PREDICT);
  const model = modelOf(c);
  const predicted = await predictTasks(c, {
    tasks,
    config: readLabelConfig(xml),
    model,
    modelVersion: versionOf(model),
  });
  const { log } = c.get("deps");
  for (const note of predicted.notes.slice(0, NOTES_LOGGED))
    log.write("warning", "label studio prediction", { note });
  const furtherNotes = predicted.notes.length - NOTES_LOGGED;
  if (furtherNotes > 0) log.write("warning", "label studio prediction", { furtherNotes });
  return { ...predicted, model_version: versionOf(model) };
}

async function takeEvent(c: ServingContext): Promise<object> {
  const { action, project } = await readJson(c, EVENT);
  const id = isFields(project) ? project.id : project;
  c.get("deps").log.write("info", "label studio event", {
    action,
    ...(typeof id === "string" || typeof id === "number" ? { project: id } : {}),
  });
  return { status: "logged" };
}

/** What the model finds and the project has no name for. */
function notesOnLabels(config: LabelConfig, { description }: ServedModel): readonly string[] {
  const { entityTypes, relationLabels, categories } = description;
  const missing = (labels: readonly string[], names: LabelNames | undefined) =>
    labels.filter((label) => label !== "None" && names?.nameOf(label) === undefined);
  const kinds = [
    ["<Label>", missing(entityTypes, config.entities?.labels)],
    ["<Relation>", missing(relationLabels, config.relations)],
    ["<Choice>", missing(categories, config.categories?.labels)],
  ] as const;
  return [
    ...config.notes,
    ...kinds.flatMap(([tag, labels]) =>
      labels.length === 0
        ? []
        : [
            `the labeling configuration has no ${tag} for ${labels.map((label) => JSON.stringify(label)).join(", ")}: left out of predictions`,
          ],
    ),
  ];
}

function modelOf(c: ServingContext): ServedModel {
  return servedModel(c, c.req.param("model"));
}

function versionOf({ name, version }: ServedModel): string {
  return `${name} ${version}`;
}
