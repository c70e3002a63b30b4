// Sessions of Hugging Face's and Label Studio's own clients, recorded by test/reference/check_doors.py, are answered as they were then: both
// clients accepted these answers.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DOORS } from "../../src/serving/doors/all-doors.ts";
import { testApp } from "../../src/serving/testing/serve-app.ts";

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  readonly answer: unknown;
}

const TOKEN = "0123456789abcdef";
const { exchanges } = JSON.parse(
  await readFile(join(import.meta.dirname, "..", "golden", "serving", "doors.json"), "utf8"),
) as { readonly exchanges: readonly Exchange[] };

test("The recorded sessions visit every door.", () => {
  expect(new Set(exchanges.map(({ path }) => path))).toEqual(
    new Set(["/models/posts", "/health", "/setup", "/versions", "/predict", "/webhook"]),
  );
  const agents = exchanges.map(({ headers }) => headers["user-agent"]).join(" ");
  expect(agents).toContain("hf_hub/");
  expect(agents).toContain("heartex/1.23.2");
});

test.each(exchanges.map((exchange, i) => ({ i, ...exchange })))(
  "The request $i, $method $path, has its recorded answer.",
  async ({ method, path, headers, body, status, answer }) => {
    const { app } = testApp({ doors: DOORS, tokens: [TOKEN] });
    const response = await app.request(path, { method, headers, ...(body === "" ? {} : { body }) });
    expect(response.status).toBe(status);
    expect(withoutIds(await response.json())).toEqual(withoutIds(answer));
  },
);

/** Problems carry the id of their request. */
function withoutIds(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null || !("instance" in answer)) return answer;
  const { instance: _, ...rest } = answer;
  return rest;
}
