// The settings that generators share: calls of any kind, calls over HTTP, pictures that come back.
import { z } from "zod";

// setTimeout cannot count further than 24.8 days; a day is beyond any use.
const milliseconds = z.int().positive().max(86_400_000);

export const callSettings = {
  costPerCall: z
    .number()
    .min(0)
    .default(0)
    .describe("Price of a call in a unit of your choice, for estimates and --budget."),
};

const retrySettings = z
  .strictObject({
    times: z
      .int()
      .min(0)
      .max(20)
      .default(4)
      .describe("Attempts after the first, for what may pass: no answer, 429, 5xx."),
    firstWaitMs: milliseconds
      .default(1000)
      .describe("Upper bound of the first random wait; doubles each time."),
    longestWaitMs: milliseconds.default(60_000).describe("Upper bound of any random wait."),
    longestRetryAfterMs: milliseconds
      .default(300_000)
      .describe("Longest wait a server may ask for (Retry-After) before the call fails."),
  })
  .prefault({})
  .describe("How failed requests are repeated.");

export const httpSettings = {
  ...callSettings,
  keyFrom: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the environment variable that holds the key; absent: requests carry none."),
  timeoutMs: milliseconds
    .default(120_000)
    .describe("Time for one request, from its start to the last byte of the answer."),
  retry: retrySettings,
  requestsPerMinute: z.number().positive().optional().describe("Requests are spaced to stay below this."),
  maxAnswerBytes: z.int().positive().default(64_000_000).describe("Longest answer that is read, in bytes."),
};

export type HttpSettings = z.output<z.ZodObject<typeof httpSettings>>;

/** How many calls may be under way at once; each adapter has its own default. */
export function concurrencySetting(byDefault: number) {
  return z.int().positive().max(256).default(byDefault).describe("Most calls under way at once.");
}

export const maxPixelsSetting = z
  .int()
  .positive()
  .default(16_777_216) // 4096 x 4096
  .describe("Largest picture that is accepted, in pixels.");

/** Fields of a request's body that the adapter does not know; they are sent as they are and belong to the call's identity. */
export const extraSetting = z
  .record(z.string(), z.json())
  .default({})
  .describe("Further fields of the request's body, sent as they are. Never put a secret here.");
