// Answers as JSON: what was found in a post, or the problem that kept it from being read.
import { RelataError } from "../../../base/errors.ts";
import type { Problem } from "../../../client/api-types.ts";
import type { ExtractAnswer } from "../../service.ts";
import type { ServingContext } from "../dependencies.ts";
import { problemOf, statusOf } from "../problems.ts";
import type { PostOutcome } from "./run-posts.ts";

/** One element of `results`. */
export type ResultJson =
  | Readonly<Record<string, unknown>>
  | { readonly id?: string; readonly problem: Problem };

/** What was found in one post. */
export function answerJson(
  { model, extraction, timing, explanation }: ExtractAnswer,
  id: string | undefined,
) {
  const { entities, relations, category, offsets, visual, visualError, calibrated, notes } = extraction;
  return {
    ...(id === undefined ? {} : { id }),
    model,
    entities,
    relations,
    ...(category === undefined ? {} : { category }),
    offsets,
    visual,
    ...(visualError === undefined ? {} : { visualError }),
    calibrated,
    notes,
    timing: { queuedMs: rounded(timing.queued), readMs: rounded(timing.read) },
    ...(explanation === undefined ? {} : { explanation }),
  };
}

/** The answer to a post of many, or its problem. */
export function resultJson(c: ServingContext, { requested, answer }: PostOutcome): ResultJson {
  const { id, index } = requested;
  if (!(answer instanceof RelataError)) return answerJson(answer, id);
  logFailure(c, answer);
  const instance = c.get("trace").requestId;
  return {
    ...(id === undefined ? {} : { id }),
    problem: problemOf(answer, { instance, under: index === undefined ? "" : `posts[${index}]` }),
  };
}

/** Writes what is this server's own fault into the log; the caller is told the request's id only. */
export function logFailure(c: ServingContext, error: unknown): void {
  if (statusOf(error) !== 500) return;
  const { log } = c.get("deps");
  log.write("error", "request failed", {
    requestId: c.get("trace").requestId,
    traceId: c.get("trace").traceId,
    code: error instanceof RelataError ? error.code : "serving/internal",
    error: described(error),
  });
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${described(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
