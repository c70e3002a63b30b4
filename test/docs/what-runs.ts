// Lists which blocks of the pages a test runs, in what folder, and why the others cannot run. A block in no list fails.
import type { Block } from "./fenced-blocks.ts";
import type { Scene } from "./scenes.ts";

/** Identifies a block by words in it, since lines move. */
interface Named {
  readonly page: string;
  /** Every block of the page with these words. */
  readonly holds: string;
}

/** Run in a copy of the scene. */
export interface Run extends Named {
  readonly scene: Scene;
  /** Lines that are not run, and why. */
  readonly except?: readonly { readonly line: RegExp; readonly because: string }[];
  /** Words in the output of the last command. */
  readonly prints?: string;
}

/** Run by another test, or not at all. */
interface NotRun extends Named {
  readonly because: string;
}

const REGISTRY = "it asks the package registry";
const HUB = "it downloads encoders of hundreds of megabytes";
const MINUTES = "it trains for minutes or hours";
const SERVER = "it asks a server that runs meanwhile; test/serving/ and src/client/ ask one";
const FOREIGN_DATA = "its data are not part of the repository, and it takes hours";

export const RUN: readonly Run[] = [
  { page: "docs/audit.md", holds: "await audit(", scene: "models" },
  { page: "docs/active-learning.md", holds: "--ask gold", scene: "models", prints: "all rounds are done" },
  { page: "docs/annotating.md", holds: "relata annotate --init labels.json", scene: "models" },
  { page: "docs/browser.md", holds: "relata export --web", scene: "bundle" },
  { page: "docs/clusters.md", holds: "--shard 3/4", scene: "bundle", prints: "1 unit gathered" },
  { page: "docs/converting.md", holds: "relata convert docs.jsonl", scene: "models" },
  { page: "docs/converting.md", holds: 'readDocuments("docs.jsonl")', scene: "models" },
  { page: "docs/data.md", holds: "relata convert docs.jsonl", scene: "models" },
  { page: "docs/data.md", holds: 'readDocuments("train.txt"', scene: "models" },
  { page: "docs/data.md", holds: "readParquetRows(", scene: "models", prints: "post-39" },
  { page: "docs/describe.md", holds: "--html page.html", scene: "models", prints: "page: page.html" },
  { page: "docs/deployment.md", holds: "relata export runs/entities/model-best", scene: "models" },
  { page: "docs/deployment.md", holds: 'load("models/posts"', scene: "bundle" },
  { page: "docs/deployment.md", holds: "relata doctor", scene: "empty", prints: "node: relata" },
  {
    page: "docs/embedded-corpus.md",
    holds: "relata world world",
    scene: "empty",
    except: [{ line: /^relata world world$/, because: "the next line does the same with fewer posts" }],
  },
  {
    page: "docs/embedded-corpus.md",
    holds: "relata train --config world/i2srm.json",
    scene: "world",
    except: [{ line: /experiment run/, because: `${MINUTES}: 35 runs` }],
  },
  {
    page: "docs/experiments.md",
    holds: "relata experiment list",
    scene: "empty",
    except: [{ line: /experiment run/, because: `${MINUTES}: 35 runs` }],
    prints: "i2srm-ablation",
  },
  {
    page: "docs/experiments.md",
    holds: "--values 0.3 0.9 --evaluate",
    scene: "world",
    except: [{ line: /--evaluate/, because: MINUTES }],
    prints: "trainings",
  },
  { page: "docs/experiments.md", holds: "--cross --dry-run", scene: "world", prints: "trainings" },
  {
    page: "docs/experiments.md",
    holds: "experiment run mixup-alpha",
    scene: "world",
    prints: "two--alpha-4",
  },
  { page: "docs/extracting.md", holds: "relata export runs/mner", scene: "models" },
  { page: "docs/extracting.md", holds: "extractMany(posts)", scene: "bundle" },
  {
    page: "docs/extracting.md",
    holds: "photo.jpg --explain",
    scene: "bundle",
    prints: "shown of the picture",
  },
  { page: "docs/extracting.md", holds: "model.explain({", scene: "bundle" },
  { page: "docs/extracting.md", holds: "relata view found.jsonl", scene: "bundle", prints: "predicted.html" },
  { page: "docs/extracting.md", holds: "--out found.csv", scene: "bundle", prints: "wrote 32 documents" },
  { page: "docs/extracting.md", holds: "texts.txt --lines", scene: "bundle", prints: "head\trelation" },
  { page: "docs/extracting.md", holds: "relationBetween({", scene: "bundle" },
  {
    page: "docs/importing.md",
    holds: "relata import auto export.json",
    scene: "exports",
    prints: "wrote 3 documents",
  },
  {
    page: "docs/importing.md",
    holds: "relata import table pairs.csv",
    scene: "exports",
    prints: "wrote 2 documents",
  },
  { page: "docs/importing.md", holds: "--split 80/10/10", scene: "exports", prints: "parts/test.jsonl" },
  {
    page: "docs/label-errors.md",
    holds: "relata audit train.jsonl --label-errors",
    scene: "models",
    prints: "judged in 5 folds",
  },
  { page: "docs/mi2rage.md", holds: "relata synthesize plan.json", scene: "student" },
  {
    page: "docs/training.md",
    holds: "--from runs/mner/model-best",
    scene: "models",
    prints: "model: runs/more",
  },
  {
    page: "docs/training.md",
    holds: "training.labelWeights=probability",
    scene: "models",
    prints: "model: runs/weighted",
  },
  { page: "docs/training.md", holds: "relata clean runs", scene: "run", prints: "freed" },
  { page: "docs/report.md", holds: "relata report runs/first", scene: "models", prints: "report.html" },
  { page: "docs/report.md", holds: "await report(", scene: "run", prints: "open runs/first/report.html" },
  {
    page: "docs/synthetic-data.md",
    holds: "relata synthesize plan.json --store views --dry-run",
    scene: "own",
  },
  { page: "docs/synthetic-data.md", holds: "openViewStore", scene: "views" },
  {
    page: "docs/your-data.md",
    holds: "relata init train.jsonl",
    scene: "models",
    prints: "wrote relata.config.ts",
  },
  { page: "docs/training.md", holds: "--target-precision 0.9", scene: "bundle" },
  {
    page: "docs/training.md",
    holds: "--run runs/adapters",
    scene: "models",
    except: [{ line: /frozenLayers=3/, because: "the encoder here has fewer layers" }],
    prints: "model: runs/adapters",
  },
  { page: "docs/your-data.md", holds: "relata validate train.jsonl", scene: "models" },
  { page: "docs/your-data.md", holds: "await train(", scene: "own" },
  { page: "README.md", holds: 'load("runs/quickstart/bundle")', scene: "models" },
];

export const NOT_RUN: readonly NotRun[] = [
  {
    page: "docs/training.md",
    holds: "--run runs/frozen",
    because: "the tests' encoder has fewer layers; frozen-training.test.ts freezes one",
  },
  {
    page: "docs/training.md",
    holds: "relata bench time-to-score",
    because: "it needs PyTorch, and trains for minutes; time-to-score.test.ts has a small reference",
  },
  {
    page: "docs/torch.md",
    holds: "relata train",
    because: "it needs PyTorch; test/training/torch.test.ts trains with it where RELATA_PYTHON names one",
  },
  {
    page: "docs/clusters.md",
    holds: "--store views --shard 0/4",
    because: "src/synthesis/run-chains.test.ts runs shares",
  },
  {
    page: "docs/clusters.md",
    holds: "relata experiment run i2srm-ablation --config base.json --seeds 1 2 3 --threads 4",
    because:
      "it trains for minutes; src/experiments/shards.test.ts and test/cli/experiment.test.ts run shards",
  },
  {
    page: "docs/clusters.md",
    holds: "relata score-views --config student.json --set training.threads=4 --run runs/scores --shard",
    because: "it trains for minutes; test/cli/mi2rage.test.ts runs shards of two small teachers",
  },
  {
    page: "docs/clusters.md",
    holds: "--out annotated.jsonl --yes --shard 0/2",
    because: "it needs a model; test/cli/annotate-queue.test.ts asks one on this machine in shards",
  },
  {
    page: "docs/clusters.md",
    holds: "--budget 5 --yes --queue",
    because:
      "it needs a server; test/cli/annotate-queue.test.ts, mi2rage.test.ts and experiment-queue.test.ts start their own",
  },
  {
    page: "docs/clusters.md",
    holds: "--shard 0/4 --units",
    because: "it needs a bucket; test/cli/s3-units.test.ts has a server with one",
  },
  {
    page: "docs/clusters.md",
    holds: "--units s3://posts/first --publish-posts",
    because: "it needs a server and a bucket; test/cli/s3-units.test.ts starts its own",
  },
  {
    page: "docs/clusters.md",
    holds: "relata synthesize plan.json --store views --queue",
    because:
      "it needs a server; src/plan/queued-synthesis.test.ts and test/cli/synthesize-queue.test.ts start their own",
  },
  {
    page: "docs/clusters.md",
    holds: "npm install bullmq ioredis",
    because: "it needs a server; src/units/queue/queue.test.ts and test/cli/queue.test.ts start their own",
  },
  {
    page: "docs/model-cards.md",
    holds: "relata card models/posts",
    because: "evaluate-bundle.test.ts writes, records and edits cards",
  },
  {
    page: "docs/model-cards.md",
    holds: "relata push models/posts",
    because: "it asks a hub; push-pull.test.ts asks one on this machine",
  },
  {
    page: "docs/describe.md",
    holds: "many-documents.mjs",
    because: "it reads a million documents for minutes",
  },
  {
    page: "docs/describe.md",
    holds: "relata audit many/train.jsonl",
    because: "it reads a million documents for a quarter of an hour",
  },
  { page: "docs/active-learning.md", holds: "active-simulation.mjs", because: FOREIGN_DATA },
  {
    page: "docs/audit.md",
    holds: "relata audit train.jsonl validation.jsonl",
    because: "its exit code depends on what it finds; test/cli/audit.test.ts runs it",
  },
  {
    page: "docs/clusters.md",
    holds: "--units 500 --server redis",
    because: "it takes a quarter of an hour; test/cli/queue.test.ts does the same with eight units",
  },
  {
    page: "docs/clusters.md",
    holds: "--units 150 --server redis --store s3",
    because: "it takes eight minutes; test/cli/s3-units.test.ts does the same with three units",
  },
  { page: "docs/clusters.md", holds: "--train t1000.txt --validation v100.txt", because: FOREIGN_DATA },
  {
    page: "docs/synthetic-data.md",
    holds: "node scripts/many-views.mjs --views 1000000",
    because: MINUTES,
  },
  {
    page: "docs/clusters.md",
    holds: "node scripts/estimate-large-runs.mjs",
    because: "the script is not in the package, and the page has what it prints",
  },
  { page: "docs/converting.md", holds: "node scripts/convert-matrix.mjs", because: FOREIGN_DATA },
  { page: "docs/audit.md", holds: "crops-train.json", because: FOREIGN_DATA },
  { page: "docs/audit.md", holds: "blip2-train.jsonl", because: FOREIGN_DATA },
  { page: "docs/audit.md", holds: "gmner/train.txt", because: FOREIGN_DATA },
  { page: "docs/audit.md", holds: "scripts/measure-picture-copies.mjs", because: FOREIGN_DATA },
  ...["--ask person", "relata serve"].map((holds) => ({
    page: "docs/active-learning.md",
    holds,
    because: "it waits for a person; src/active/run-active.test.ts plays one",
  })),
  ...["gpt-4o", "scripts/scripted-model.mjs"].map((holds) => ({
    page: "docs/annotating.md",
    holds,
    because: "it asks a server that runs meanwhile; test/cli/annotate.test.ts asks the scripted model",
  })),
  { page: "docs/annotating.md", holds: "scripts/measure-grounding.mjs", because: FOREIGN_DATA },
  { page: "docs/serving-clients.md", holds: "relata/client", because: SERVER },
  {
    page: "README.md",
    holds: "relata serve",
    because:
      "it serves until it is stopped; test/cli/serve.test.ts and test/docs/serving-api.test.ts start servers and ask",
  },
  { page: "docs/serving-load.md", holds: "relata bench serve", because: SERVER },
  { page: "docs/serving-load.md", holds: "node scripts/serve-faults.mjs", because: MINUTES },
  {
    page: "docs/deployment.md",
    holds: "docker compose up",
    because: "test/serving/deployment.test.ts follows it without Docker",
  },
  {
    page: "docs/serving-api.md",
    holds: "127.0.0.1:8080",
    because: "serving-api.test.ts runs it against a server",
  },
  { page: "docs/browser.md", holds: "scripts/measure-web.mjs", because: FOREIGN_DATA },
  {
    page: "docs/browser.md",
    holds: 'from "relata/web"',
    because: "it runs in a browser: test/browser/web-model.test.ts",
  },
  {
    page: "docs/page.md",
    holds: "relata serve",
    because: "it serves until it is stopped; test/browser/ works in its page",
  },
  { page: "docs/page.md", holds: "relata train", because: MINUTES },
  { page: "docs/experiments.md", holds: "experiment run transfer", because: MINUTES },
  { page: "docs/embedded-corpus.md", holds: "experiment run objects-or-picture", because: MINUTES },
  { page: "docs/i2srm.md", holds: "relata world corpus --train 600", because: MINUTES },
  { page: "docs/experiments.md", holds: "experiment run mi2rage-generator-swap", because: MINUTES },
  { page: "docs/experiments.md", holds: 'import { experiment } from "relata"', because: MINUTES },
  { page: "README.md", holds: "npm install --ignore-scripts relata", because: REGISTRY },
  { page: "README.md", holds: "npx relata quickstart", because: `${MINUTES}; test/cli/quickstart.test.ts` },
  {
    page: "README.md",
    holds: "relata import auto export.json",
    because: "test/newcomer/first-hour.test.ts follows it",
  },
  { page: "README.md", holds: "npm start", because: "it runs all tests, this one too" },
  { page: "CONTRIBUTING.md", holds: "npm ci", because: REGISTRY },
  { page: "CONTRIBUTING.md", holds: "npx vitest run", because: "it runs other tests" },
  { page: "CONTRIBUTING.md", holds: "npm run types", because: "they are the checks beside the tests" },
  { page: "CONTRIBUTING.md", holds: "dist/cli/main.js parity", because: FOREIGN_DATA },
  { page: "CONTRIBUTING.md", holds: "--card docs/images/card.png", because: MINUTES },
  { page: "CONTRIBUTING.md", holds: "npm pack", because: REGISTRY },
  { page: "docs/architecture.md", holds: "npm run test:search", because: "it searches for many minutes" },
  { page: "docs/configuration.md", holds: "defineConfig", because: "json-blocks.test.ts parses it" },
  {
    page: "docs/correcting.md",
    holds: "relata serve",
    because: "it serves until it is stopped; src/serving/page/ has tests of what it serves",
  },
  {
    page: "docs/correcting.md",
    holds: "relata train --task mner",
    because: "src/serving/page/correct-and-train.test.ts corrects documents and trains on them",
  },
  { page: "docs/deployment.md", holds: "npm install --ignore-scripts relata", because: REGISTRY },
  ...["relata serve", "curl", "relata/serving"].map((holds) => ({
    page: "docs/serving.md",
    holds,
    because: "test/cli/serve.test.ts starts servers, asks, reloads and ends them",
  })),
  {
    page: "docs/deployment.md",
    holds: "onnxruntime-ep-openvino",
    because: "it installs another project's library",
  },
  { page: "docs/engine.md", holds: "relata/engine", because: "engine-example.test.ts runs it" },
  {
    page: "docs/extending.md",
    holds: "",
    because: "extending.test.ts runs the page from outside the package",
  },
  {
    page: "docs/generators.md",
    holds: "adapter:",
    because: "json-blocks.test.ts holds it to the adapter's schema",
  },
  {
    page: "docs/generators.md",
    holds: "examples/picture-vae/train.mjs",
    because: `${MINUTES}; test/cli/example-programs.test.ts runs both programs`,
  },
  { page: "docs/label-errors.md", holds: "scripts/plant-label-errors.mjs", because: FOREIGN_DATA },
  { page: "docs/label-errors.md", holds: "mnre-300.txt", because: FOREIGN_DATA },
  { page: "docs/measurements.md", holds: "", because: FOREIGN_DATA },
  { page: "docs/measures.md", holds: "relata synthesize measure", because: HUB },
  {
    page: "docs/measures.md",
    holds: "--modality-gap",
    because: `${MINUTES}; test/cli/modality-gap.test.ts`,
  },
  {
    page: "docs/measures.md",
    holds: "relata experiment run delta-sweep",
    because: `${MINUTES}; run-experiment.test.ts has its results`,
  },
  { page: "docs/papers.md", holds: "relata train --preset published", because: `${HUB}; ${FOREIGN_DATA}` },
  { page: "docs/your-data.md", holds: "--picture-encoder microsoft/resnet-50", because: HUB },
  { page: "docs/your-data.md", holds: "optimum-cli", because: "it runs other projects' exporters" },
  {
    page: "docs/your-data.md",
    holds: "relata train ... --captions",
    because: "it stands for the options before it",
  },
];

/** Tells whether an entry refers to a block. */
export function isNamedBy({ page, holds }: Named, block: Block): boolean {
  return block.page === page && block.code.includes(holds);
}
