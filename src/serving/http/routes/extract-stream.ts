// POST /v1/extract/stream: the same posts, each answered as soon as it was read, as server-sent events.
import { z } from "@hono/zod-openapi";
import { RelataError } from "../../../base/errors.ts";
import type { ServingApp, ServingContext } from "../dependencies.ts";
import { describeRoute } from "../describe.ts";
import { logFailure, resultJson } from "../extract/answer.ts";
import type { PictureUrls } from "../extract/picture-urls.ts";
import { type ExtractRequest, readExtractRequest } from "../extract/read-request.ts";
import { requireModel, runPosts } from "../extract/run-posts.ts";
import { problemOf } from "../problems.ts";
import { TIMEOUT_HEADER } from "../timeout-header.ts";
import { EXTRACT_BODY, EXTRACT_PROBLEMS } from "./extract.ts";

const KEEP_ALIVE_MS = 15_000; // proxies close connections that are silent for a minute, some for half of it

/** Adds the route. */
export function addExtractStream(app: ServingApp, urls: PictureUrls): void {
  describeRoute(
    app,
    {
      method: "post",
      path: "/v1/extract/stream",
      operationId: "extractStream",
      tag: "extraction",
      access: "token",
      summary: "Find the same, and send each post's result as soon as it is there",
      description:
        "The answer is a stream of server-sent events in the order of completion: `result` (an element of `results` with the post's `index`) for " +
        "each post, then `done` (`{posts, failed}`). Closing the connection cancels what has not been read yet.",
      request: { body: EXTRACT_BODY, headers: TIMEOUT_HEADER },
      responses: {
        200: {
          description: "Events",
          content: {
            "text/event-stream": {
              schema: z.string().openapi({
                example:
                  'event: result\ndata: {"index":0,"entities":[]}\n\nevent: done\ndata: {"posts":1,"failed":0}\n\n',
              }),
            },
          },
        },
      },
      problems: EXTRACT_PROBLEMS,
    },
    async (c) => {
      const request = await readExtractRequest(c);
      requireModel(c, request.model);
      return c.body(eventsOf(c, request, urls), 200, {
        "content-type": "text/event-stream; charset=utf-8",
        "x-accel-buffering": "no", // nginx would hold events back
      });
    },
  );
}

function eventsOf(c: ServingContext, request: ExtractRequest, urls: PictureUrls): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const leaving = new AbortController();
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string) => {
        if (!leaving.signal.aborted) controller.enqueue(encoder.encode(text));
      };
      const event = (name: string, data: unknown) =>
        send(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      const alive = setInterval(() => send(": waiting\n\n"), KEEP_ALIVE_MS);
      let failed = 0;
      // Not awaited: the stream must be read while it is filled.
      runPosts(
        c,
        request,
        urls,
        (outcome) => {
          if (outcome.answer instanceof RelataError) failed++;
          event("result", { index: outcome.requested.index ?? 0, ...resultJson(c, outcome) });
        },
        leaving.signal,
      )
        .then(() => event("done", { posts: request.posts.length, failed }))
        .catch((error: unknown) => {
          logFailure(c, error);
          event("error", problemOf(error, { instance: c.get("trace").requestId }));
        })
        .finally(() => {
          clearInterval(alive);
          if (!leaving.signal.aborted) controller.close();
        });
    },
    cancel(reason) {
      leaving.abort(reason);
    },
  });
}
