// How posts wait: batches, turns, limits, deadlines and callers that leave. The workers are real processes with a script for a model.
import { describe, expect, it } from "vitest";
import type { RelataError } from "../../src/base/errors.ts";
import type { ExtractAnswer } from "../../src/serving/service.ts";
import { codeOf, scripted } from "./scripted-service.ts";

/** In which place a worker read the post, counted from 0. */
const placeOf = ({ extraction }: ExtractAnswer) => Number(extraction.notes[0]?.message);
const many = (n: number, text: (i: number) => string) => Array.from({ length: n }, (_, i) => text(i));

describe("the queue of a server", () => {
  it("makes batches of whatever waits, up to the limits, and answers each post as its own", async () => {
    const { service, post } = await scripted({ maxBatchSize: 4 });
    const answers = await Promise.all(many(10, (i) => `text ${i}`).map((text) => post(text)));
    expect(answers.map(placeOf)).toEqual(many(10, String).map(Number));
    const [{ batchSizes, posts, model } = expect.fail()] = service.statistics();
    expect(batchSizes.counts.slice(0, 4)).toEqual([0, 1, 2, 0]); // 4, 4, 2
    expect(posts.answered).toBe(10);
    expect(model).toEqual({ name: "posts", version: "one" });
  });

  it("lets a batch grow while the worker reads, unless it is full or has pictures to decode", async () => {
    const { service, post, open, until } = await scripted({ maxBatchSize: 5 });
    const first = post("gate open");
    await until(() => service.statistics()[0]?.inFlight === 1);
    const grown = many(3, (i) => `text ${i}`).map((text) => post(text));
    await post("late", { signal: AbortSignal.timeout(50) }).catch(() => undefined); // time in which they could have been sent
    expect(service.statistics()[0]?.inFlight).toBe(1);
    grown.push(post("text 3"), post("text 4"));
    await until(() => service.statistics()[0]?.inFlight === 6);
    await open("open");
    await Promise.all([first, ...grown]);
    expect(service.statistics()[0]?.batchSizes.counts.slice(0, 4)).toEqual([1, 0, 0, 1]); // 1 and 5

    const other = await scripted({ maxBatchSize: 4 });
    const gate = other.post("gate open");
    await other.until(() => other.service.statistics()[0]?.inFlight === 1);
    const shown = other.post("", { post: { text: "with a picture", image: new Uint8Array(10) } });
    await other.until(() => other.service.statistics()[0]?.inFlight === 2);
    await other.open("open");
    await Promise.all([gate, shown]);
  });

  it("lets callers take turns, so that one with a thousand posts does not keep another waiting", async () => {
    const { post, open, until, service } = await scripted({ maxBatchSize: 4, queueCapacity: 2000 });
    const gates = [post("gate open"), post("gate open", { caller: "other" })];
    await until(() => service.statistics()[0]?.inFlight === 2);
    const crowd = many(1000, (i) => `crowd ${i}`).map((text) => post(text, { caller: "crowd" }));
    const single = post("single", { caller: "single" });
    await open("open");
    const places = (await Promise.all(crowd)).map(placeOf);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(placeOf(await single)).toBeLessThan(2 + 2 * 4);
    await Promise.all(gates);
  });

  it("refuses what does not fit, says when to come back, and loses nothing that it accepted", async () => {
    const { post, open, until, service } = await scripted({ queueCapacity: 5, maxBatchSize: 1 });
    const inFlight = [post("gate open")];
    await until(() => service.statistics()[0]?.inFlight === 1);
    inFlight.push(post("gate open"));
    await until(() => service.statistics()[0]?.inFlight === 2);
    const waiting = many(5, (i) => `waiting ${i}`).map((text) => post(text));
    const refused = await Promise.allSettled(many(3, (i) => `refused ${i}`).map((text) => post(text)));
    for (const one of refused) {
      const { code, value } = (one as PromiseRejectedResult).reason as RelataError;
      expect(code).toBe("serving/queue-full");
      expect((value as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThanOrEqual(1);
    }
    await open("open");
    expect(await Promise.all([...inFlight, ...waiting])).toHaveLength(7);
    const [{ posts, waiting: left } = expect.fail()] = service.statistics();
    expect(posts).toMatchObject({ answered: 7, refused: 3, failed: 0 });
    expect(left).toEqual({ posts: 0, bytes: 0 });
  });

  it("bounds the bytes of pictures that wait, but takes one that is alone", async () => {
    const { service, post, open } = await scripted({ maxQueueBytes: 1000 });
    const of = (bytes: number) => ({ post: { text: "gate open", image: new Uint8Array(bytes) } });
    const first = post("", of(5000));
    expect(await codeOf(post("", of(10)))).toBe("serving/queue-full");
    await open("open");
    await first;
    expect((await post("", of(900))).timing.queued).toBeGreaterThanOrEqual(0);
    expect(service.statistics()[0]?.posts).toMatchObject({ answered: 2, refused: 1 });
  });

  it("never reads a post whose time is up or whose caller has left", async () => {
    const { service, post, open, read, until } = await scripted({ maxBatchSize: 1 });
    const gates = [post("gate open")];
    await until(() => service.statistics()[0]?.inFlight === 1);
    gates.push(post("gate open"));
    await until(() => service.statistics()[0]?.inFlight === 2);
    const late = codeOf(post("late", { deadline: Date.now() + 30 }));
    const over = codeOf(post("over", { deadline: Date.now() - 1 }));
    const leaving = new AbortController();
    const left = post("left", { signal: leaving.signal });
    const gone = post("gone", { signal: AbortSignal.abort(new Error("gone before")) });
    await expect(gone).rejects.toThrow("gone before");
    leaving.abort(new Error("the caller has left"));
    await expect(left).rejects.toThrow("the caller has left");
    expect([await late, await over]).toEqual(["serving/deadline", "serving/deadline"]);
    await open("open");
    await Promise.all(gates);
    await post("after");
    expect(await read()).toEqual(["gate open", "gate open", "after"]);
    expect(service.statistics()[0]?.posts).toMatchObject({ answered: 3, expired: 2, cancelled: 1 });
  });

  it("drops the answer to a caller that left while its post was read, and reads on", async () => {
    const { service, post, open, until } = await scripted();
    const leaving = new AbortController();
    const [left, late] = [
      post("gate open", { signal: leaving.signal }),
      codeOf(post("gate open", { deadline: Date.now() + 3000 })),
    ];
    await until(() => service.statistics()[0]?.inFlight === 2);
    leaving.abort(new Error("the caller has left"));
    await expect(left).rejects.toThrow("the caller has left");
    expect(await late).toBe("serving/deadline");
    await open("open");
    expect(placeOf(await post("next"))).toBe(2);
  });

  it("names the models when a request asks for another", async () => {
    const { post } = await scripted();
    expect(await codeOf(post("text", { model: "nobody" }))).toBe("serving/no-such-model");
    expect((await post("text", { model: "posts" })).model.name).toBe("posts");
  });
});
