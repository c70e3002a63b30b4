// The header by which a request says how long its caller waits.
import { z } from "@hono/zod-openapi";

export const TIMEOUT_NAME = "Relata-Timeout";

/** For the OpenAPI document; `deadlineOf` reads it. */
export const TIMEOUT_HEADER = z.object({
  [TIMEOUT_NAME]: z
    .string()
    .regex(/^\d{1,7}(\.\d{1,6})?$/)
    .optional()
    .openapi({
      description: "Seconds that the caller waits for a post, at most the server's --request-timeout",
      example: "5",
    }),
});
