// The routes of documents to correct: the queue, one document, saving it, its picture, and the file of what was saved.
import { z } from "@hono/zod-openapi";
import { RelataError } from "../../base/errors.ts";
import { checkRequest, readJson } from "../http/body/read-json.ts";
import type { ServingApp, ServingContext } from "../http/dependencies.ts";
import { describeRoute } from "../http/describe.ts";
import { answerJson, logFailure } from "../http/extract/answer.ts";
import { problemOf } from "../http/problems.ts";
import { RequestError } from "../http/request-error.ts";
import type { DocumentQueue } from "./document-queue.ts";
import { requireKnownLabels } from "./known-labels.ts";
import type { OpeningQueue } from "./opening-queue.ts";
import { type Cursor, formatCursor, parseCursor } from "./queue-order.ts";

const TAG = "page";
const MAX_LIMIT = 200;
const LIMIT = 50;
const MAX_NAME = 200; // of a person

const STATE = z.enum(["open", "accepted", "corrected", "rejected"]);
export const LIMIT_FIELD = z.coerce.number().int().min(1).max(MAX_LIMIT).default(LIMIT);
const LIST_QUERY = z.strictObject({
  order: z.enum(["uncertainty", "file"]).default("uncertainty"),
  state: z.enum(["open", "done", "all"]).default("open"),
  limit: LIMIT_FIELD,
  after: z.string().max(64).optional(),
});
const LABELLED = { label: z.string().min(1), probability: z.number().min(0).max(1).optional() };
const CORRECTION = z
  .strictObject({
    entities: z.array(
      z.strictObject({ start: z.int(), end: z.int(), ...LABELLED, text: z.string().optional() }),
    ),
    relations: z.array(
      z.strictObject({
        head: z.int(),
        tail: z.int(),
        ...LABELLED,
        headText: z.string().optional(),
        tailText: z.string().optional(),
      }),
    ),
    category: z.strictObject(LABELLED).optional(),
    state: z.enum(["accepted", "corrected", "rejected"]),
    by: z.string().trim().min(1).max(MAX_NAME).openapi({ description: "Who saves it" }),
    newLabels: z.boolean().optional().openapi({
      description: "Whether labels that neither the models nor the documents have are meant; default false",
    }),
  })
  .openapi("Correction");
const ID = z.strictObject({ id: z.string() });
const QUEUED = z.strictObject({
  id: z.string(),
  text: z.string(),
  image: z.literal(true).optional(),
  uncertainty: z.number().optional().openapi({ description: "Absent while the model has not read it" }),
  state: STATE,
});
const json = (schema: z.ZodType) => ({ content: { "application/json": { schema } } });

/** Adds the routes. They answer 503 until the documents are indexed. */
export function addDocuments(app: ServingApp, opening: OpeningQueue): void {
  addList(app, opening);
  addOne(app, opening);
  addSave(app, opening);
  addPicture(app, opening);
  addDownload(app, opening);
}

function addList(app: ServingApp, opening: OpeningQueue): void {
  describeRoute(
    app,
    {
      ...{
        method: "get",
        path: "/v1/page/documents",
        operationId: "listDocuments",
        tag: TAG,
        access: "token",
      },
      summary: "List documents to correct",
      request: { query: LIST_QUERY },
      responses: {
        200: {
          description: "A page of the list, and where the next one begins",
          ...json(z.strictObject({ documents: z.array(QUEUED), next: z.string().optional() })),
        },
      },
    },
    async (c) => {
      const { after, ...wanted } = checkRequest(LIST_QUERY, c.req.query(), "the query");
      const { documents, next } = await opening.queue.list({ ...wanted, after: cursorOf(after) });
      return c.json({ documents, ...(next === undefined ? {} : { next: formatCursor(next) }) });
    },
  );
}

function addOne(app: ServingApp, opening: OpeningQueue): void {
  describeRoute(
    app,
    {
      ...{
        method: "get",
        path: "/v1/page/documents/{id}",
        operationId: "getDocument",
        tag: TAG,
        access: "token",
      },
      summary: "Get a document as it was saved last, and what the model finds in it",
      request: { params: ID },
      responses: {
        200: {
          description: "The document. Its ETag goes into If-Match when it is saved",
          ...json(
            z.strictObject({
              document: z.record(z.string(), z.unknown()),
              predicted: z.record(z.string(), z.unknown()).optional(),
              predictedProblem: z.record(z.string(), z.unknown()).optional(),
              state: STATE,
              savedBy: z.string().optional(),
              savedAt: z.string().optional(),
              etag: z.string(),
            }),
          ),
        },
      },
      problems: [404],
    },
    async (c) => {
      const { queue } = opening;
      const index = indexOf(c, queue);
      const filed = await queue.file.read(index);
      const saved = await queue.corrections.get(filed.id);
      const etag = `"${saved?.tag ?? queue.file.tagAt(index)}"`;
      const { annotation } = saved ?? {};
      return c.json(
        {
          document: saved?.document ?? filed,
          ...(await predictionFor(c, queue, index)),
          state: queue.corrections.stateOf(filed.id),
          ...(annotation ? { savedBy: annotation.by, savedAt: annotation.at } : {}),
          etag,
        },
        200,
        { etag },
      );
    },
  );
}

function addSave(app: ServingApp, opening: OpeningQueue): void {
  describeRoute(
    app,
    {
      ...{
        method: "put",
        path: "/v1/page/documents/{id}",
        operationId: "saveDocument",
        tag: TAG,
        access: "token",
      },
      summary: "Save a document's labels",
      description:
        "With If-Match and the ETag of the document as it was opened, a document that was saved meanwhile is not overwritten.",
      request: {
        params: ID,
        headers: z.object({ "if-match": z.string().optional() }),
        body: { ...json(CORRECTION), required: true },
      },
      responses: {
        200: {
          description: "It was saved",
          ...json(z.strictObject({ state: STATE, etag: z.string() })),
        },
      },
      problems: [404, 412, 413, 415, 422],
    },
    async (c) => {
      const { queue } = opening;
      const index = indexOf(c, queue);
      const correction = await readJson(c, CORRECTION);
      const { entities, relations, category, state, by, newLabels = false } = correction;
      const { category: _, ...filed } = await queue.file.read(index);
      if (!newLabels) requireKnownLabels(correction, queue.labels, c.var.deps.service.models());
      const [model] = c.var.deps.service.models();
      const document = {
        ...filed,
        entities: entities.map(({ start, end, label }) => ({ start, end, label })),
        relations: relations.map(({ head, tail, label }) => ({ head, tail, label })),
        ...(category ? { category: { label: category.label } } : {}),
      };
      const annotation = {
        ...{ by, at: new Date().toISOString(), state },
        ...{ model: model?.name ?? "", version: model?.version ?? "" },
      };
      const expected = tagOfHeader(c.req.header("if-match"));
      const tag = await queue.save(index, document, annotation, expected);
      return c.json({ state, etag: `"${tag}"` }, 200, { etag: `"${tag}"` });
    },
  );
}

function addPicture(app: ServingApp, opening: OpeningQueue): void {
  describeRoute(
    app,
    {
      ...{ method: "get", path: "/v1/page/documents/{id}/picture", tag: TAG, access: "token" },
      operationId: "getDocumentPicture",
      summary: "Get a document's picture",
      request: { params: ID },
      responses: {
        200: { description: "The picture's file", content: { "image/*": { schema: z.string() } } },
      },
      problems: [404, 422],
    },
    async (c) => {
      const { queue } = opening;
      const { image } = await queue.file.read(indexOf(c, queue));
      const picture = await queue.pictures?.picture(image);
      if (picture === undefined) throw nothing("the document has no picture in the server's folder");
      return c.body(picture.bytes, 200, { "content-type": picture.type });
    },
  );
}

function addDownload(app: ServingApp, opening: OpeningQueue): void {
  describeRoute(
    app,
    {
      ...{ method: "get", path: "/v1/page/corrections.jsonl", operationId: "getCorrections", tag: TAG },
      access: "token",
      summary: "Get the accepted and corrected documents as a file for training",
      responses: {
        200: {
          description: "One document per line; rejected ones are not in it",
          content: { "application/x-ndjson": { schema: z.string() } },
        },
      },
    },
    (c) =>
      c.body(ReadableStream.from(opening.queue.corrections.content()), 200, {
        "content-type": "application/x-ndjson",
        "content-disposition": 'attachment; filename="corrections.jsonl"',
      }),
  );
}

/** What the model finds, or the problem that kept it from reading the document, which can be corrected all the same. */
async function predictionFor(c: ServingContext, queue: DocumentQueue, index: number): Promise<object> {
  const { service, settings } = c.var.deps;
  const document = await queue.file.read(index);
  try {
    const answer = await service.extract({
      model: undefined,
      post: await queue.post(document),
      options: { unwantedVisual: "report" },
      signal: c.req.raw.signal,
      deadline: Date.now() + 1000 * settings.requestTimeout,
      caller: c.var.trace.requestId,
    });
    return { predicted: answerJson(answer, document.id) };
  } catch (error) {
    if (!(error instanceof RelataError)) throw error;
    logFailure(c, error);
    return { predictedProblem: problemOf(error, { instance: c.var.trace.requestId }) };
  }
}

/** @throws RequestError `serving/not-found` */
function indexOf(c: ServingContext, queue: DocumentQueue): number {
  const index = queue.file.indexOf(c.req.param("id") ?? "");
  if (index === undefined) throw nothing("there is no document with this id");
  return index;
}

/** @throws RequestError `serving/bad-request` */
export function cursorOf(after: string | undefined): Cursor | undefined {
  if (after === undefined) return undefined;
  const cursor = parseCursor(after);
  if (cursor !== undefined) return cursor;
  throw new RequestError({
    code: "serving/bad-request",
    message: `after: ${JSON.stringify(after)} is not where a page of this list ended`,
    place: "after",
  });
}

/** `"tag"`, `W/"tag"`; undefined for `*` and for no header. @throws RequestError `serving/bad-request` */
function tagOfHeader(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  const [, tag] = /^\s*(?:W\/)?"([^"]*)"\s*$/.exec(header) ?? [];
  if (tag !== undefined) return tag;
  throw new RequestError({
    code: "serving/bad-request",
    message: "If-Match must be one ETag in double quotes",
    place: "If-Match",
  });
}

export function nothing(message: string): RequestError {
  return new RequestError({ code: "serving/not-found", message });
}
