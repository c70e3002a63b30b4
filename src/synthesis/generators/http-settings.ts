// Settings that generators share: for all calls, calls over HTTP, and returned pictures.
import { z } from "zod";

// setTimeout is limited to 24.8 days; a day is more than enough.
const milliseconds = z.int().positive().max(86_400_000);

export const callSettings = {
  costPerCall: z
    .number()
    .min(0)
    .default(0)
    .describe("Price of a call, in a unit of your choice, for estimates and --budget."),
};

const retrySettings = z
  .strictObject({
    times: z
      .int()
      .min(0)
      .max(20)
      .default(4)
      .describe("Number of retries after a temporary failure: no answer, 429, 5xx."),
    firstWaitMs: milliseconds
      .default(1000)
      .describe("Upper bound of the first random wait; doubles with each retry."),
    longestWaitMs: milliseconds.default(60_000).describe("Upper bound of any random wait."),
    longestRetryAfterMs: milliseconds
      .default(300_000)
      .describe("Longest wait that a server may ask for (Retry-After); the call fails if it asks for more."),
  })
  .prefault({})
  .describe("How to retry failed requests.");

export const httpSettings = {
  ...callSettings,
  keyFrom: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the environment variable that contains the key. Absent: requests have no key."),
  timeoutMs: milliseconds
    .default(120_000)
    .describe("Timeout of one request, from its start to the last byte of the answer."),
  retry: retrySettings,
  requestsPerMinute: z
    .number()
    .positive()
    .optional()
    .describe("Maximum number of requests per minute; requests are spaced evenly."),
  maxAnswerBytes: z.int().positive().default(64_000_000).describe("Maximum size of an answer, in bytes."),
};

export type HttpSettings = z.output<z.ZodObject<typeof httpSettings>>;

/** Maximum number of concurrent calls; the default depends on the adapter. */
export function concurrencySetting(byDefault: number) {
  return z.int().positive().max(256).default(byDefault).describe("Maximum number of concurrent calls.");
}

export const maxPixelsSetting = z
  .int()
  .positive()
  .default(16_777_216) // 4096 x 4096
  .describe("Maximum size of a picture, in pixels.");

/** Extra fields of a request's body; sent unchanged and part of the call's identity. */
export const extraSetting = z
  .record(z.string(), z.json())
  .default({})
  .describe("Further fields of the request's body, sent unchanged. Never put a secret here.");
