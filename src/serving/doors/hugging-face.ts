// Token classification as Hugging Face's Inference API answers it, for its clients: `InferenceClient(model=".../models/posts")` in Python,
// `@huggingface/inference` in JavaScript.
import { z } from "@hono/zod-openapi";
import { RelataError } from "../../base/errors.ts";
import { readJson } from "../http/body/read-json.ts";
import type { Door, ServingContext } from "../http/dependencies.ts";
import { describeRoute } from "../http/describe.ts";
import { PROBLEM_TYPE, problemHeaders, problemOf, statusOf } from "../http/problems.ts";
import { RequestError } from "../http/request-error.ts";
import { servedModel } from "../http/served-model.ts";
import type { ExtractAnswer } from "../service.ts";
import { readPosts } from "./read-posts.ts";

const INPUT = z.string().openapi({ example: "Ada Novak met Bo in Rome" });

const REQUEST = z
  .looseObject({
    inputs: z.union([INPUT, z.array(INPUT).min(1)]),
    parameters: z
      .looseObject({
        aggregation_strategy: z.enum(["none", "simple", "first", "average", "max"]).optional().openapi({
          description: "All but none give whole entities, which is what the model decodes; none is refused",
        }),
        ignore_labels: z.array(z.string()).optional().openapi({ description: "Types to leave out" }),
        stride: z
          .int()
          .min(0)
          .max(256)
          .optional()
          .openapi({ description: "Tokens that windows of a long text share" }),
      })
      .optional(),
  })
  .openapi("TokenClassificationRequest");

type Request = z.output<typeof REQUEST>;

const GROUP = z
  .strictObject({
    entity_group: z.string().openapi({ example: "PER" }),
    score: z.number().min(0).max(1),
    word: z.string().openapi({ example: "Ada Novak" }),
    start: z.int().min(0).openapi({ description: "First code point", example: 0 }),
    end: z.int().min(0).openapi({ description: "Code point after the last", example: 9 }),
  })
  .openapi("TokenClassificationGroup");

type Group = z.output<typeof GROUP>;

const ANSWER = z
  .union([z.array(GROUP), z.array(z.array(GROUP))])
  .openapi({ description: "The entities of a text, or of each text of a list" });

const PATHS = [
  { path: "/models/{model}", operationId: "tokenClassificationOfModel" },
  {
    path: "/models/{model}/pipeline/token-classification",
    operationId: "tokenClassificationPipelineOfModel",
  },
  { path: "/pipeline/token-classification", operationId: "tokenClassificationPipeline" },
] as const;

/** Adds the routes. */
export const huggingFaceDoor: Door = (app) => {
  for (const { path, operationId } of PATHS) {
    describeRoute(
      app,
      {
        method: "post",
        path,
        operationId,
        tag: "Hugging Face",
        access: "token",
        summary: "Find the entities of a text or of several, as Hugging Face's Inference API does",
        request: {
          ...(path.includes("{model}") ? { params: z.object({ model: z.string() }) } : {}),
          body: { required: true, content: { "application/json": { schema: REQUEST } } },
        },
        responses: { 200: { description: "Entities", content: { "application/json": { schema: ANSWER } } } },
        problems: [404, 413, 415, 422, 429, 504],
      },
      answered,
    );
  }
};

/** Answers, with errors under `error` too, where Hugging Face's clients look for them. */
async function answered(c: ServingContext): Promise<Response> {
  try {
    return c.json(await groupsOf(c, await readJson(c, REQUEST)));
  } catch (error) {
    const status = statusOf(error);
    if (!(error instanceof RelataError) || status === 500) throw error;
    const problem = problemOf(error, { instance: c.get("trace").requestId });
    const shown = `${problem.detail} (${problem.code}). ${problem.remedy}`;
    return new Response(JSON.stringify({ ...problem, error: shown }), {
      status,
      headers: { ...problemHeaders(error), "content-type": PROBLEM_TYPE },
    });
  }
}

async function groupsOf(
  c: ServingContext,
  { inputs, parameters = {} }: Request,
): Promise<Group[] | Group[][]> {
  const { aggregation_strategy: strategy, ignore_labels: ignored = [], stride } = parameters;
  if (strategy === "none")
    throw new RequestError({
      code: "serving/bad-request",
      message: "aggregation_strategy is none, and the models decode whole entities, not tokens one by one",
      place: "parameters.aggregation_strategy",
      remedy: "Leave it out, or use simple.",
    });
  const model = c.req.param("model");
  const { name, description } = servedModel(c, model);
  if (description.entityTypes.length === 0)
    throw new RequestError({
      code: "serving/bad-request",
      message: `the model ${JSON.stringify(name)} finds no entities`,
      place: "model",
      remedy: "Ask a model whose entityTypes in GET /v1/models are not empty.",
    });
  const texts = typeof inputs === "string" ? [inputs] : inputs;
  const answers = await readPosts(c, {
    model,
    posts: texts.map((text) => ({ text })),
    options: stride === undefined ? {} : { windowOverlap: stride },
  });
  const groups = answers.map((answer) => entityGroups(answer, ignored));
  return typeof inputs === "string" ? groups.flat() : groups;
}

function entityGroups(answer: ExtractAnswer | RelataError, ignored: readonly string[]): Group[] {
  if (answer instanceof RelataError) throw answer;
  return answer.extraction.entities
    .filter(({ label }) => !ignored.includes(label))
    .map(({ label, probability, text, start, end }) => ({
      entity_group: label,
      score: probability ?? 1, // always there: only given mentions have none
      word: text,
      start,
      end,
    }));
}
