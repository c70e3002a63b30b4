// The floors of src/, from the top. A folder may import folders on lower floors, never on its own or higher floors.
// docs/architecture.md shows this table; `npm run layers` checks every import against it.

/** Each row: the folders of one floor and what they contain. */
export const FLOORS = [
  { cli: "one command per file: arguments and printing, nothing else" },
  { serving: "`relata serve`: the queue, worker processes, the HTTP API and its doors, the page's data" },
  {
    browser: "`relata/web`: extraction in a web page; nothing here may need Node",
    library: 'what `import ... from "relata"` does: one function per file, from plain requests to work',
  },
  {
    experiments: "stages, presets and comparisons over seeds; the quickstart",
    audit: "what is in a data set, and what is wrong with it: leaks, duplicates, label errors",
    active: "active learning: train, choose what to label next, ask, repeat",
    hub: "bundles to and from a hub",
  },
  {
    extract: "from a raw post to entities and relations: models at work, batches, bundles",
    report: "the page of a run: blocks, charts, sections",
    setup: "a first configuration: looks at data, encoder and machine, and chooses settings",
    world: "the embedded corpus: its posts, pictures, simulated generators and truth",
    checks: "parity with golden cases, benchmarks",
  },
  {
    extractors:
      "training and scoring: requests, what all tasks share, relations, entities, MI2RAGE's student",
    plan: "a synthesis plan: its file, its table of generators, its run",
    annotate: "labels from a vision model: asking, finding the mentions in the text, agreement",
  },
  {
    visual: "what stands for the picture: pixels and crops, features, captions",
    models: "I2SRM and MI2RAGE's student as graphs; tag schemes and their decoding",
    synthesis: "generated views: generators, chains, the store, measures, exports",
  },
  {
    encoders:
      "text encoders (BERT to ModernBERT), picture encoders (ResNet to SigLIP); tokenising; pictures and detectors",
    training: "the trainer: batches, schedules, checkpoints, logs, random numbers",
    torch: "training steps under PyTorch: starts its processes, sends them graphs, parameters and batches",
  },
  {
    config: "the configuration of a run: one schema for types, defaults and pages",
    engine: "runs graphs with onnxruntime: devices, memory, parameters, optimiser steps",
    evaluation: "scores, comparison of systems, calibration",
    nn: "layers and losses: pure functions over graph tensors",
  },
  {
    data: "documents and spans, readers, defects, captions, caches of features",
    graph: "symbolic tensors with shape checking, operators with gradients, ONNX files",
  },
  {
    extensions: "what users register: kinds, names, versions; loading and guarded calls",
    units:
      "work cut into independent units: results published once, shards, queues, the folder or object store that holds them",
  },
  {
    client: "the typed client of a server, which needs nothing else of relata",
    base: "errors, files that appear whole or not at all, locks, JSON, limits, progress",
  },
];

/** Files directly in src/: the package's root exports, and its errors under their own name. */
export const TOP_FILES = ["index.ts", "errors.ts", "extend.ts"];

/** No folder has more than this share of the lines: a larger one hides its contents. */
export const LARGEST_SHARE = 0.16;

/** Files that also run in the browser, by path below src/: no value import from them may reach a Node module or a native library. */
export const PORTABLE = [
  "browser/",
  "client/",
  "graph/",
  "nn/",
  "models/",
  "evaluation/",
  "data/document.ts",
  "data/tokens.ts",
  "data/parse-document.ts",
  "data/labels.ts",
  "data/text-pieces.ts",
  "encoders/pictures/inspect.ts",
  "encoders/tokenizing/tokenizer.ts",
  "encoders/tokenizing/words.ts",
  "encoders/tokenizing/markers.ts",
  "encoders/tokenizing/relation-input.ts",
  "encoders/tokenizing/normalizing.ts",
  "encoders/tokenizing/pre-tokenizing.ts",
  "extractors/entity/windows.ts",
  "extractors/relation/examples.ts",
  "extractors/pairs/candidate-pairs.ts",
  "extractors/pairs/label-masks.ts",
  "extractors/pairs/type-constraints.ts",
  "extract/post.ts",
  "extract/require-post.ts",
  "extract/chunks.ts",
  "extract/find-entities.ts",
  "extract/ask-relations.ts",
  "extract/extractor.ts",
  "extract/uncertainty.ts",
  "extract/web/web-manifest.ts",
];

/** Modules that exist only in Node. */
export const NOT_PORTABLE = [/^node:/, /^koffi$/, /^sharp$/, /^undici$/, /^onnxruntime-node$/];

/** Returns the folder names of a floor. */
export function foldersOf(floor) {
  return Object.keys(floor);
}
