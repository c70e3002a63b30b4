// The schema of problem documents in the OpenAPI document.
import { z } from "@hono/zod-openapi";

const FAULT_SCHEMA = z.object({
  place: z.string().openapi({ description: "The field", example: "posts[3].text" }),
  detail: z.string(),
});

/** RFC 9457, with relata's code, place and remedy. */
export const PROBLEM_SCHEMA = z
  .object({
    type: z.string().openapi({ description: "A name of the kind of problem; not an address" }),
    title: z.string().openapi({ description: "What this kind of problem means" }),
    status: z.int(),
    detail: z.string().openapi({ description: "What happened" }),
    code: z.string().openapi({ description: "Stable; docs/errors.md lists all" }),
    place: z.string().optional().openapi({ description: "The field that it is about" }),
    remedy: z.string().openapi({ description: "What to do" }),
    instance: z.string().optional().openapi({ description: "The request's id, also in the server's log" }),
    faults: z.array(FAULT_SCHEMA).optional().openapi({ description: "Every fault, if there are several" }),
  })
  .openapi("Problem", {
    example: {
      type: "urn:relata:error:serving/bad-request",
      title: "The request has a field that is missing, unknown, of another type or out of range.",
      status: 400,
      detail: 'posts[3]: unknown field "txt", did you mean "text"?',
      code: "serving/bad-request",
      place: "posts[3].txt",
      remedy: "Correct the fields that the message names; `GET /openapi.json` describes them all.",
      instance: "0f8c1f3e-5b1d-4b43-9d8e-52a3f4c0d9a1",
    },
  });
