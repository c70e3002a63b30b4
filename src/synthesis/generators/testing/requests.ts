// Requests for the tests of generators, settings that fail fast, and what a promise was rejected with.
import type { PictureRequest, TextRequest } from "../generator.ts";
import { drawnPicture } from "./drawn-content.ts";

/** Settings with which failing takes milliseconds. */
export const IMPATIENT = {
  timeoutMs: 20_000,
  retry: { times: 2, firstWaitMs: 1, longestWaitMs: 4, longestRetryAfterMs: 1000 },
} as const;

/** A signal that never fires. */
export const NEVER = new AbortController().signal;

export function pictureRequest(changes: Partial<PictureRequest> = {}): PictureRequest {
  return { prompt: "Ada waves at Bo", seed: 7, exclude: [], instance: "doc-1", step: 1, ...changes };
}

export async function textRequest(changes: Partial<TextRequest> = {}): Promise<TextRequest> {
  const picture = { mediaType: "image/png", bytes: await drawnPicture("a real one", 1) };
  return { picture, mentions: [], seed: 7, instance: "doc-1", step: 1, ...changes };
}

/** What the promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error("rejected with something that is not an error", { cause: error });
  }
  throw new Error("expected a rejection");
}
