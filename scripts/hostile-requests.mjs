// Sends thousands of hostile requests to a running server and counts how it answers; ends with 1 if any answer is not as planned.
// Usage: node scripts/hostile-requests.mjs http://127.0.0.1:8080 [number, default 5000] [seed, default 1]
// A server whose limits differ from the defaults: RELATA_MAX_TEXT_LENGTH, RELATA_MAX_POSTS, RELATA_MAX_BODY_BYTES.
import { createJiti } from "jiti";

const [address = "http://127.0.0.1:8080", number = "5000", seed = "1"] = process.argv.slice(2);
const jiti = createJiti(import.meta.url);
const fc = await import("fast-check");
const { requestsByHand, requestsOf } = await jiti.import("../test/serving/hostile/requests.ts");
const { sendAll } = await jiti.import("../test/serving/hostile/send.ts");

const limit = (name, fallback) => Number(process.env[name] ?? fallback);
const limits = {
  maxTextLength: limit("RELATA_MAX_TEXT_LENGTH", 100_000),
  maxPosts: limit("RELATA_MAX_POSTS", 512),
  maxBodyBytes: limit("RELATA_MAX_BODY_BYTES", 32 * 2 ** 20),
};
const document = await (await fetch(`${address}/openapi.json`)).json();
const begun = performance.now();
const byHand = requestsByHand(limits);
const generated = fc.sample(requestsOf(document), {
  numRuns: Math.max(0, Number(number) - byHand.length),
  seed: Number(seed),
});
const tallies = [await sendAll(address, generated), await sendAll(address, byHand, 2)];
const statuses = tallies.flatMap((tally) => [...tally.statuses]).sort(([a], [b]) => (a < b ? -1 : 1));
for (const [kind, count] of statuses) console.log(`${kind}: ${count}`);
const faults = tallies.flatMap((tally) => tally.faults);
for (const fault of faults) console.error(fault);
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.log(
  `${generated.length + byHand.length} requests in ${seconds} s, ${faults.length} answered otherwise than planned`,
);
process.exit(faults.length === 0 ? 0 : 1);
