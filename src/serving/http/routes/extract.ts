// POST /v1/extract: one post, or many with one answer each.

import { z } from "@hono/zod-openapi";
import { RelataError } from "../../../base/errors.ts";
import type { ServingApp, ServingContext } from "../dependencies.ts";
import { describeRoute } from "../describe.ts";
import { answerJson, type ResultJson, resultJson } from "../extract/answer.ts";
import type { PictureUrls } from "../extract/picture-urls.ts";
import { type ExtractRequest, readExtractRequest } from "../extract/read-request.ts";
import { type PostOutcome, runPosts } from "../extract/run-posts.ts";
import { FORM, MANY, ONE, RESULT, RESULTS } from "../schemas.ts";
import { TIMEOUT_HEADER } from "../timeout-header.ts";

/** What both routes of extraction take. */
export const EXTRACT_BODY = {
  required: true,
  content: {
    "application/json": { schema: z.union([ONE, MANY]).openapi("ExtractRequest") },
    "multipart/form-data": { schema: FORM },
  },
};

export const EXTRACT_PROBLEMS = [404, 413, 415, 422, 429, 504];

/** Adds the route. */
export function addExtract(app: ServingApp, urls: PictureUrls): void {
  describeRoute(
    app,
    {
      method: "post",
      path: "/v1/extract",
      operationId: "extract",
      tag: "extraction",
      access: "token",
      summary: "Find entities, relations and the category of one or many posts",
      description:
        "One post is answered with what was found in it, or with a problem. Many posts (`posts`) are answered with one result each, in their " +
        "order; one that cannot be read has a `problem` there and does not spoil the others.",
      request: { body: EXTRACT_BODY, headers: TIMEOUT_HEADER },
      responses: {
        200: {
          description: "What was found",
          content: { "application/json": { schema: z.union([RESULT, RESULTS]).openapi("ExtractAnswer") } },
        },
      },
      problems: EXTRACT_PROBLEMS,
    },
    async (c) => {
      const request = await readExtractRequest(c);
      return request.isMany ? many(c, request, urls) : one(c, request, urls);
    },
  );
}

async function one(c: ServingContext, request: ExtractRequest, urls: PictureUrls): Promise<Response> {
  let outcome: PostOutcome | undefined;
  await runPosts(c, request, urls, (only) => {
    outcome = only;
  });
  const { requested, answer } = outcome!; // there is one for each post
  if (answer instanceof RelataError) throw answer;
  return c.json(answerJson(answer, requested.id));
}

async function many(c: ServingContext, request: ExtractRequest, urls: PictureUrls): Promise<Response> {
  const outcomes: PostOutcome[] = [];
  await runPosts(c, request, urls, (outcome) => outcomes.push(outcome));
  const refusal = commonRefusal(outcomes);
  if (refusal !== undefined) throw refusal;
  const results: ResultJson[] = [];
  for (const outcome of outcomes) results[outcome.requested.index ?? 0] = resultJson(c, outcome);
  return c.json({ model: modelOf(c, request, outcomes), results });
}

const REFUSALS: readonly string[] = ["serving/queue-full", "serving/closing"];

/** A server that took none of the posts refuses the request, so that the caller waits and sends it again. */
function commonRefusal(outcomes: readonly PostOutcome[]): RelataError | undefined {
  const errors = outcomes.map(({ answer }) => answer).filter((answer) => answer instanceof RelataError);
  const isRefused = errors.length === outcomes.length && errors.every(({ code }) => REFUSALS.includes(code));
  return isRefused ? errors[0] : undefined;
}

/** The model that answered; the one that would have, if no post could be read. */
function modelOf(c: ServingContext, { model: name }: ExtractRequest, outcomes: readonly PostOutcome[]) {
  for (const { answer } of outcomes) {
    if (!(answer instanceof RelataError)) return answer.model;
  }
  const models = c.get("deps").service.models();
  const model = models.find((one) => one.name === name) ?? models[0];
  return { name: model?.name ?? "", version: model?.version ?? "" };
}
