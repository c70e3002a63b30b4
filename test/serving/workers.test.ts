// Workers that die, hang and are replaced, and models that are loaded again, while posts are on their way.
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codeOf, scripted, writeModel } from "./scripted-service.ts";

const many = (n: number, text: (i: number) => string) => Array.from({ length: n }, (_, i) => text(i));

/** Whether a process exists. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

describe("a worker", () => {
  it.each([1, 2])("of %i that is killed under load costs no caller an answer", async (replicas) => {
    const { service, post, open, workers, until } = await scripted({ replicas, maxBatchSize: 8 });
    const posts = many(60, (i) => (i < 20 ? "gate open" : `text ${i}`)).map((text) => post(text));
    await until(() => (service.statistics()[0]?.inFlight ?? 0) >= 16);
    process.kill(workers()[0]!, "SIGKILL");
    await until(() => service.statistics()[0]?.lostWorkers === 1);
    await open("open");
    const answers = await Promise.all(posts);
    expect(answers.every(({ model }) => model.version === "one")).toBe(true);
    const [{ posts: counts } = expect.fail()] = service.statistics();
    expect(counts).toMatchObject({ answered: 60, failed: 0 });
    expect(counts.retried).toBeGreaterThanOrEqual(8);
    await until(() => service.statistics()[0]?.replicas.ready === replicas);
  });

  it("that a post kills takes no neighbour of this post along", async () => {
    const { service, post } = await scripted({ maxBatchSize: 8 });
    const posts = many(16, (i) => (i === 5 ? "poison" : `text ${i}`)).map((text) => post(text));
    const outcomes = await Promise.allSettled(posts);
    expect(outcomes.flatMap(({ status }, i) => (status === "rejected" ? [i] : []))).toEqual([5]);
    expect(await codeOf(posts[5]!)).toBe("serving/worker-lost");
    expect(service.statistics()[0]).toMatchObject({ lostWorkers: 2, posts: { answered: 15, failed: 1 } });
  });

  it("that hangs is replaced, and only the post that it hangs at is given up", async () => {
    const { post, events } = await scripted({ workerTimeout: 1 });
    const posts = ["hang", "text 1", "text 2"].map((text) => post(text));
    expect(await codeOf(posts[0]!)).toBe("serving/worker-lost");
    expect(await Promise.all(posts.slice(1))).toHaveLength(2);
    const reasons = events.flatMap(({ event, fields }) =>
      event === "a worker ended" ? [fields.reason] : [],
    );
    expect(reasons).toEqual(Array(2).fill("it gave no answer within 1 s (--worker-timeout)"));
  });

  it("that cannot load its model stops the start with the model's error", async () => {
    const folder = await mkdtemp(join(tmpdir(), "relata-scripted-"));
    await writeModel(folder, "one", "the bundle is damaged");
    expect(await codeOf(scripted({ replicas: 2 }, folder))).toBe("data/bad-bundle");
    await rm(folder, { recursive: true });
  });
});

describe("loading a model again", () => {
  it("changes to the new version under load: every answer says which one gave it, and none is lost", async () => {
    const { service, folder, post, open, until, workers } = await scripted({ maxBatchSize: 4 });
    const before = many(8, () => "gate open").map((text) => post(text));
    const waiting = many(8, (i) => `waiting ${i}`).map((text) => post(text));
    await until(() => service.statistics()[0]?.inFlight === 8);
    await writeModel(folder, "two");
    await service.reload();
    const after = many(8, (i) => `after ${i}`).map((text) => post(text));
    const versions = async (answers: typeof before) => [
      ...new Set((await Promise.all(answers)).map(({ model }) => model.version)),
    ];
    expect(await versions([...waiting, ...after])).toEqual(["two"]);
    await open("open");
    expect(await versions(before)).toEqual(["one"]);
    expect(service.models().map(({ version }) => version)).toEqual(["two"]);
    await until(() => !runs(workers()[0]!));
    expect(service.statistics().map(({ model, posts }) => [model.version, posts.answered])).toEqual(
      expect.arrayContaining([["two", expect.any(Number)]]),
    );
  });

  it("keeps the model that answers if the new one is broken, and says so in the log", async () => {
    const { service, folder, post, events } = await scripted();
    await writeModel(folder, "two", "the bundle is damaged");
    await service.reload();
    expect((await post("text")).model.version).toBe("one");
    const failure = events.find(({ event }) => event.startsWith("the model was not loaded again"));
    expect(failure?.fields).toMatchObject({ code: "data/bad-bundle", message: "the bundle is damaged" });
    expect(service.isReady()).toBe(true);
  });

  it("follows a link that points to another folder now; until then a restarted worker keeps the old one", async () => {
    const place = await mkdtemp(join(tmpdir(), "relata-linked-"));
    const link = join(place, "current");
    for (const version of ["one", "two"]) await writeModel(join(place, version), version);
    await symlink("one", link);
    const { service, post, workers, until } = await scripted({}, link);
    await rm(link);
    await symlink("two", link);
    process.kill(workers()[0]!, "SIGKILL");
    await until(() => workers().length === 2);
    expect((await post("text")).model.version).toBe("one");
    await service.reload();
    expect((await post("text")).model.version).toBe("two");
    await service.end();
    await rm(place, { recursive: true });
  });

  it("happens by itself when a restarted worker finds another model in the folder", async () => {
    const { service, folder, post, workers, until } = await scripted({ replicas: 2 });
    await writeModel(folder, "two");
    process.kill(workers()[0]!, "SIGKILL");
    await until(() => service.models()[0]?.version === "two");
    const answers = await Promise.all(many(8, (i) => `text ${i}`).map((text) => post(text)));
    expect(new Set(answers.map(({ model }) => model.version))).toEqual(new Set(["two"]));
  });
});

describe("closing a service", () => {
  it("finishes what was accepted, refuses what comes later, and ends the workers", async () => {
    const { service, post, open, workers } = await scripted({ maxBatchSize: 2 });
    const accepted = many(10, (i) => (i < 2 ? "gate open" : `text ${i}`)).map((text) => post(text));
    const closed = service.close();
    expect(service.isReady()).toBe(false);
    expect(await codeOf(post("late"))).toBe("serving/closing");
    await open("open");
    await closed;
    expect(await Promise.all(accepted)).toHaveLength(10);
    expect(workers().filter(runs)).toEqual([]);
  });

  it("gives up what does not finish within the limit, and tells its callers", async () => {
    const { service, post, workers } = await scripted({ shutdownTimeout: 0.3 });
    const stuck = many(3, () => "gate never").map((text) => codeOf(post(text)));
    await service.close();
    expect(await Promise.all(stuck)).toEqual(Array(3).fill("serving/closing"));
    expect(workers().filter(runs)).toEqual([]);
  });
});
