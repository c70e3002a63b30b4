// Some hundred hostile requests against a server over a fake service. scripts/hostile-requests.mjs sends thousands to a real one.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestServer, testServer } from "../../../src/serving/testing/serve-app.ts";
import { type ApiDocument, requestsByHand, requestsOf } from "./requests.ts";
import { sendAll } from "./send.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ settings: { maxBodyBytes: 4_000_000, maxPosts: 512 } });
});
afterAll(() => server.close());

it("every generated request is answered as planned", { timeout: 300_000 }, async () => {
  const document = (await (await fetch(`${server.address}/openapi.json`)).json()) as ApiDocument;
  const requests = fc.sample(requestsOf(document), { numRuns: 250, seed: 17 });
  const { faults, statuses } = await sendAll(server.address, requests);
  expect(faults).toEqual([]);
  // It reaches the service, and every kind of refusal.
  for (const key of ["valid 200", "spoiled 400", "form 400", "form 200", "headers 404", "headers 405"])
    expect([...statuses.keys()]).toContain(key);
  for (const line of server.lines) expect(line).toMatch(/^[\x20-\x7e]+\n$/);
});

it("every request of the list is answered with its status", { timeout: 300_000 }, async () => {
  const { faults } = await sendAll(server.address, requestsByHand(server.settings, false), 2);
  expect(faults).toEqual([]);
});
