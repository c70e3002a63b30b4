import { describe, expect, test } from "vitest";
import { isComplaint, readComplaintBody } from "./complaints.ts";

const holdsData = (json: unknown) => Array.isArray((json as { data?: unknown }).data);

describe("isComplaint", () => {
  test.each<[string, unknown]>([
    ["an error as an object", { error: { message: "no" } }],
    ["an error as a text", { error: "no" }],
    ["an error beside an empty answer", { data: null, error: { message: "no" } }],
    ["an error in a list, as Google sends it", [{ error: { code: 429, message: "no" } }]],
    ["an error in the first choice", { choices: [{ finish_reason: "error", error: { message: "no" } }] }],
    [
      "a choice that ended in an error",
      { choices: [{ finish_reason: "error", message: { content: "Ann" } }] },
    ],
    ["an error instead of the first picture", { images: [{ error: { code: 500, message: "no" } }] }],
    ["vLLM's form", { object: "error", message: "no", code: 400 }],
    ["FastAPI's form", { detail: [{ loc: ["body", "size"], msg: "no" }] }],
    ["a gateway's form", { message: "no Route matched", status: 404 }],
    ["Cloudflare's form", { success: false, errors: [{ code: 10000, message: "no" }] }],
    ["ComfyUI's nodes", { node_errors: { "3": { errors: [{ message: "no" }] } } }],
    ["a provider's code and words", { code: 1302, msg: "no" }],
  ])("sees %s", (_, json) => {
    expect(isComplaint(json, holdsData)).toBe(true);
    expect(readComplaintBody(json).words ?? "ended").toMatch(/no|ended/);
  });

  test.each<[string, unknown]>([
    ["an answer", { data: [] }],
    ["an answer beside an error that says nothing", { data: [1], error: null, errors: [] }],
    ["empty errors without an answer", { error: "", errors: {}, detail: null }],
    ["a list of answers", [{ generated_text: "Ann" }]],
    ["a number", 7],
    ["nothing", null],
  ])("does not see one in %s", (_, json) => {
    expect(isComplaint(json, holdsData)).toBe(false);
  });
});

describe("readComplaintBody", () => {
  test.each<[unknown, number | undefined]>([
    [{ error: { message: "slow down", code: 429 } }, 429],
    [{ error: { message: "slow down", code: "429" } }, 429],
    [{ error: { message: "slow down", code: "rate_limit_exceeded" } }, 429],
    [{ error: { message: "slow down", type: "rate_limit_error", code: null } }, 429],
    [{ error: { code: 8, status: "RESOURCE_EXHAUSTED", message: "quota" } }, 429],
    [{ error: { message: "who?", code: "invalid_api_key" } }, 401],
    [{ detail: "Not authenticated" }, 401],
    [{ error: { type: "overloaded_error", message: "Overloaded" } }, 503],
    [{ error: "Model m is currently loading", estimated_time: 20 }, 503],
    [{ error: "Model too busy, try again later" }, 503],
    [{ error: { message: "no such model", code: "model_not_found" } }, 404],
    [{ message: "no Route matched", status: 404 }, 404],
    [{ object: "error", message: "bad", type: "BadRequestError", code: 400 }, 400],
    [{ error: { message: "upstream failed", type: "server_error" } }, 500],
    [{ data: [{ error: { message: "worker died", code: 500 } }] }, 500],
    [{ error: { message: "said", code: 200 } }, undefined],
    [{ error: "CUDA out of memory" }, undefined],
  ])("knows the status that %j means: %s", (json, status) => {
    expect(readComplaintBody(json).status).toBe(status);
  });

  test.each<unknown>([
    { error: { code: "content_policy_violation", message: "no" } },
    { error: { code: "moderation_blocked", type: "image_generation_user_error" } },
    { error: { code: 400, innererror: { code: "ResponsibleAIPolicyViolation" } } },
    { error: { type: "ContentPolicyViolationError", code: "400" } },
    { error: { code: 403, message: "moderation", metadata: { reasons: ["x"], flagged_input: "Ann" } } },
    { choices: [{ error: { code: "content_filter" }, finish_reason: "error" }] },
  ])("takes %j for a refusal", (json) => {
    expect(readComplaintBody(json).isRefusal).toBe(true);
  });

  test("knows a quota that waiting does not fill, and a wait that is asked for", () => {
    expect(readComplaintBody({ error: { code: "insufficient_quota" } })).toMatchObject({
      isFinal: true,
      status: 429,
    });
    expect(readComplaintBody({ error: "loading", estimated_time: 1.5 }).waitMs).toBe(1500);
    expect(readComplaintBody({ error: { retry_after: 3 } }).waitMs).toBe(3000);
  });

  test("gives the words of people, with code and details", () => {
    const read = (json: unknown) => readComplaintBody(json).words;
    expect(read({ error: { message: "too large", code: "invalid_size" } })).toBe("too large (invalid_size)");
    expect(read({ error: "OutOfMemoryError", detail: "", errors: "CUDA out of memory" })).toBe(
      "OutOfMemoryError; CUDA out of memory",
    );
    expect(read({ error: { message: "invalid" }, node_errors: { "3": { errors: ["seed"] } } })).toContain(
      '"seed"',
    );
    expect(read(undefined)).toBeUndefined();
  });
});
