import { expect, test } from "vitest";
import { RelataError } from "../../base/errors.ts";
import { testApp } from "../testing/serve-app.ts";
import { huggingFaceDoor } from "./hugging-face.ts";

const doors = [huggingFaceDoor];

/** Groups, or a problem. */
type Answer = readonly { readonly start: number; readonly end: number }[] & { readonly error: string };

async function ask(app: ReturnType<typeof testApp>, path: string, body: unknown) {
  const response = await app.app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

test("A text has its entities as groups, with offsets in code points, as Python's clients slice it.", async () => {
  const made = testApp({ doors });
  const text = "😀 Ada met Bo";
  const { status, body } = await ask(made, "/models/posts", { inputs: text });
  expect(status).toBe(200);
  expect(body).toEqual([
    { entity_group: "NAME", score: 0.75, word: "Ada", start: 2, end: 5 },
    { entity_group: "NAME", score: 0.75, word: "Bo", start: 10, end: 12 },
  ]);
  expect(body.map(({ start, end }) => [...text].slice(start, end).join(""))).toEqual(["Ada", "Bo"]);
  expect(made.service.jobs[0]).toMatchObject({ model: "posts", options: { offsets: "code-point" } });
});

test("A list of texts has a list for each, also for a list of one, at every path.", async () => {
  const made = testApp({ doors });
  for (const path of ["/pipeline/token-classification", "/models/second/pipeline/token-classification"]) {
    const { body } = await ask(made, path, { inputs: ["Ada", "nobody"] });
    expect(body).toEqual([[{ entity_group: "NAME", score: 0.75, word: "Ada", start: 0, end: 3 }], []]);
  }
  expect((await ask(made, "/models/posts", { inputs: ["Ada"] })).body).toHaveLength(1);
  expect(made.service.jobs.map(({ model }) => model)).toEqual([
    undefined,
    undefined,
    "second",
    "second",
    "posts",
  ]);
});

test("Parameters: types to leave out, the overlap of windows, and what clients send besides is ignored.", async () => {
  const made = testApp({ doors });
  const parameters = { aggregation_strategy: "simple", ignore_labels: ["NAME"], stride: 16, more: 1 };
  const { body } = await ask(made, "/models/posts", {
    inputs: "Ada",
    parameters,
    options: { use_cache: false },
  });
  expect(body).toEqual([]);
  expect(made.service.jobs[0]?.options.windowOverlap).toBe(16);
});

test("Tokens one by one are refused, because the models decode whole entities.", async () => {
  const parameters = { aggregation_strategy: "none" };
  const { status, body } = await ask(testApp({ doors }), "/models/posts", { inputs: "Ada", parameters });
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: "serving/bad-request", place: "parameters.aggregation_strategy" });
  expect(body.error).toContain("Leave it out, or use simple.");
});

test("Errors have their text under `error`, where the clients look, beside the problem document.", async () => {
  const made = testApp({ doors });
  const unknown = await ask(made, "/models/other", { inputs: "Ada" });
  expect(unknown.status).toBe(404);
  expect(unknown.body).toMatchObject({
    code: "serving/no-such-model",
    error: expect.stringContaining("posts, second"),
  });
  const malformed = await ask(made, "/models/posts", { input: "Ada" });
  expect(malformed.status).toBe(400);
  expect(malformed.body.error).toContain("inputs");
  made.service.before = () => {
    throw new RelataError({
      code: "serving/queue-full",
      message: "the queue is full",
      remedy: "Wait.",
      value: { retryAfterSeconds: 7 },
      fault: "work",
    });
  };
  const full = await ask(made, "/models/posts", { inputs: "Ada" });
  expect(full.status).toBe(429);
  expect(full.headers.get("retry-after")).toBe("7");
  expect(full.body.error).toContain("the queue is full (serving/queue-full)");
});

test("A token is needed where the server has any.", async () => {
  const made = testApp({ doors, tokens: ["0123456789abcdef"] });
  const response = await made.app.request("/models/posts", { method: "POST", body: "{}" });
  expect(response.status).toBe(401);
});
