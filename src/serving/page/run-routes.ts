// The routes of runs: the confusion matrix of each, and the mistakes of a cell.
import { z } from "@hono/zod-openapi";
import { checkRequest } from "../http/body/read-json.ts";
import type { ServingApp, ServingContext } from "../http/dependencies.ts";
import { describeRoute } from "../http/describe.ts";
import { cursorOf, LIMIT_FIELD, nothing } from "./document-routes.ts";
import type { PagePictures } from "./page-pictures.ts";
import { formatCursor } from "./queue-order.ts";
import type { RunMistakes } from "./run-mistakes.ts";

const NAME = z.strictObject({ name: z.string() });
const CELL = z.strictObject({
  gold: z.string().optional(),
  predicted: z.string().optional(),
  limit: LIMIT_FIELD,
  after: z.string().max(64).optional(),
});
const ENTITY = z.strictObject({
  start: z.int(),
  end: z.int(),
  label: z.string(),
  probability: z.number().optional(),
});
const MISTAKE = z.strictObject({
  id: z.string(),
  text: z.string(),
  image: z.literal(true).optional(),
  gold: z.string(),
  predicted: z.string(),
  head: ENTITY.optional(),
  tail: ENTITY.optional(),
  entity: ENTITY.optional(),
  probability: z.number().optional(),
});

/** Adds the routes. */
export function addRuns(
  app: ServingApp,
  runs: readonly RunMistakes[],
  pictures: PagePictures | undefined,
): void {
  const byName = new Map(runs.map((run) => [run.name, run]));
  const runOf = (c: ServingContext): RunMistakes => {
    const run = byName.get(c.req.param("name") ?? "");
    if (run === undefined) throw nothing("there is no run of this name");
    return run;
  };
  describeRoute(
    app,
    {
      ...{ method: "get", path: "/v1/page/runs/{name}/confusion", operationId: "getConfusion", tag: "page" },
      access: "token",
      summary: "Get a run's confusion matrix",
      request: { params: NAME },
      responses: {
        200: {
          description: "Counts: a row for each gold label, a column for each predicted one",
          content: {
            "application/json": {
              schema: z.strictObject({ labels: z.array(z.string()), cells: z.array(z.array(z.int())) }),
            },
          },
        },
      },
      problems: [404],
    },
    (c) => {
      const { labels, cells } = runOf(c);
      return c.json({ labels, cells });
    },
  );
  describeRoute(
    app,
    {
      ...{ method: "get", path: "/v1/page/runs/{name}/mistakes", operationId: "listMistakes", tag: "page" },
      access: "token",
      summary: "List a run's mistakes, of one cell or of all, the most probable first",
      request: { params: NAME, query: CELL },
      responses: {
        200: {
          description: "A page of the list, and where the next one begins",
          content: {
            "application/json": {
              schema: z.strictObject({ mistakes: z.array(MISTAKE), next: z.string().optional() }),
            },
          },
        },
      },
      problems: [404],
    },
    async (c) => {
      const run = runOf(c);
      const { gold, predicted, limit, after } = checkRequest(CELL, c.req.query(), "the query");
      const { mistakes, next } = await run.mistakes({ gold, predicted, limit, after: cursorOf(after) });
      return c.json({
        mistakes: mistakes.map(({ imageName, ...mistake }) => ({
          ...mistake,
          ...(pictures?.has(imageName) ? { image: true } : {}),
        })),
        ...(next === undefined ? {} : { next: formatCursor(next) }),
      });
    },
  );
  describeRoute(
    app,
    {
      ...{ method: "get", path: "/v1/page/runs/{name}/documents/{id}/picture", tag: "page", access: "token" },
      operationId: "getMistakePicture",
      summary: "Get the picture of a gold document of a run",
      request: { params: z.strictObject({ name: z.string(), id: z.string() }) },
      responses: {
        200: { description: "The picture's file", content: { "image/*": { schema: z.string() } } },
      },
      problems: [404, 422],
    },
    async (c) => {
      const image = await runOf(c).imageOf(c.req.param("id") ?? "");
      const picture = await pictures?.picture(image);
      if (picture === undefined) throw nothing("the document has no picture in the server's folder");
      return c.body(picture.bytes, 200, { "content-type": picture.type });
    },
  );
}
