// What OpenAI's errors mean: refusals by content policy, quotas that are used up.
import { z } from "zod";
import type { ApiKey } from "./api-key.ts";
import { GeneratorRefusal } from "./generator.ts";
import { type Complaint, quoted } from "./http-answer.ts";
import type { ComplaintReading } from "./http-client.ts";

const complaintSchema = z.object({
  error: z.object({
    message: z.string().nullish(),
    code: z.union([z.string(), z.number()]).nullish(),
    type: z.string().nullish(),
    // Azure says there what its content filter found.
    innererror: z.object({ code: z.string() }).nullish(),
    inner_error: z.object({ code: z.string() }).nullish(),
  }),
});

// OpenAI (DALL-E, GPT image), Azure OpenAI (chat, pictures).
const REFUSALS = new Set([
  "content_policy_violation",
  "moderation_blocked",
  "content_filter",
  "contentFilter",
  "ResponsibleAIPolicyViolation",
]);

/** Reads an error's body: a refusal for good, a quota that waiting will not fill, or nothing of note. */
export function readOpenaiComplaint(
  complaint: Complaint,
  adapter: string,
  key: ApiKey | undefined,
): ComplaintReading {
  const result = complaintSchema.safeParse(complaint.json);
  if (!result.success) return {};
  const { message, code, type, innererror, inner_error } = result.data.error;
  const codes = [code, type, innererror?.code, inner_error?.code];
  if (codes.some((name) => typeof name === "string" && REFUSALS.has(name))) {
    return { refusal: contentPolicy(adapter, message ?? "no reason given", key) };
  }
  return { final: codes.includes("insufficient_quota") };
}

/** The refusal with which every adapter reports that a content policy forbids the answer. */
export function contentPolicy(adapter: string, said: string, key: ApiKey | undefined): GeneratorRefusal {
  return new GeneratorRefusal(
    "content-policy",
    `${adapter}: refused by content policy: ${quoted(said, key)}`,
  );
}
