// A service without models: finds capitalised words, and does as tests tell it.
import { spansIn } from "../../data/offset-units.ts";
import type { Extraction } from "../../extract/post.ts";
import type { ExtractAnswer, ExtractJob, ModelStatistics, ServedModel, Service } from "../service.ts";

const EMPTY = { bounds: [], counts: [0], sum: 0 };

/** A service whose answers tests know. */
export class FakeService implements Service {
  /** Every job that it was given. */
  readonly jobs: ExtractJob[] = [];
  isLoaded = true;
  /** Called for each job before it is answered; may wait or throw. */
  before: (job: ExtractJob) => Promise<void> | void = () => undefined;

  models(): readonly ServedModel[] {
    return ["posts", "second"].map((name) => ({
      name,
      version: "0123456789ab",
      loadedAt: new Date(0),
      description: {
        kind: "bundle",
        entityTypes: ["NAME"],
        relationLabels: ["None", "next to"],
        categories: [],
        visualChannels: ["text only"],
        sees: { pictures: true, captions: false },
        needsMentions: false,
        scores: null,
        remarks: [],
        notices: [],
      },
    }));
  }

  isReady(): boolean {
    return this.isLoaded;
  }

  async extract(job: ExtractJob): Promise<ExtractAnswer> {
    this.jobs.push(job);
    await this.before(job);
    job.signal.throwIfAborted();
    return {
      model: { name: job.model ?? "posts", version: "0123456789ab" },
      extraction: extractionOf(job),
      timing: { queued: 0.25, read: 1.5 },
    };
  }

  statistics(): readonly ModelStatistics[] {
    return [
      {
        model: { name: "posts", version: "0123456789ab" },
        replicas: { ready: this.isLoaded ? 1 : 0, wanted: 1 },
        waiting: { posts: 3, bytes: 1000 },
        inFlight: 1,
        posts: { answered: this.jobs.length, failed: 0, cancelled: 0, expired: 0, refused: 2, retried: 0 },
        lostWorkers: 0,
        batchSizes: { bounds: [1, 2, 4], counts: [5, 0, 1, 0], sum: 9 },
        queuedSeconds: EMPTY,
        readSeconds: EMPTY,
        postsPerSecond: undefined,
      },
    ];
  }

  async close(): Promise<void> {
    this.isLoaded = false;
  }
}

function extractionOf({ post, options }: ExtractJob): Extraction {
  const entities = [...post.text.matchAll(/\b[A-Z]\w*/g)].map(({ 0: text, index }) => ({
    start: index,
    end: index + text.length,
    text,
    label: "NAME",
    probability: 0.75,
  }));
  const [first, second] = entities;
  const offsets = options.offsets ?? "utf-16";
  return {
    entities: spansIn(post.text, entities, offsets),
    relations:
      first && second
        ? [
            {
              head: 0,
              tail: 1,
              headText: first.text,
              tailText: second.text,
              label: "next to",
              probability: 0.5,
            },
          ]
        : [],
    offsets,
    visual: post.image === undefined ? "none" : "picture",
    calibrated: true,
    notes: [],
  };
}
