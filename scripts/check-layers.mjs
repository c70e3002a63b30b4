// Checks that imports between the folders of src/ run downward only, as docs/architecture.md draws them.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

const BELOW = {
  graph: [],
  data: [],
  engine: ["graph"],
  nn: ["graph"],
  encoders: ["nn", "engine", "graph"],
  evaluation: ["data"],
  training: ["engine", "data", "graph"],
  models: ["encoders", "nn", "graph"],
  synthesis: ["models", "training", "encoders", "data", "nn", "engine", "graph"],
  experiments: ["synthesis", "models", "training", "evaluation", "encoders", "data", "nn", "engine", "graph"],
  serving: ["models", "data", "engine"],
  cli: "everything",
};
const SHARED_FILES = new Set([
  "errors.ts",
  "atomic-file.ts",
  "cannot-write.ts",
  "file-hash.ts",
  "file-stamp.ts",
  "manifest.ts",
  "process-owner.ts",
  "output-lock.ts",
  "statistics.ts",
  "git-lfs.ts",
  "regular-file.ts",
  "proxy.ts",
  "turns.ts",
  "whole-file.ts",
]); // files of src/ itself that every layer may import

const root = resolve("src");
const faults = [];
let checked = 0;

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? files(join(folder, entry.name))
      : entry.name.endsWith(".ts")
        ? [join(folder, entry.name)]
        : [],
  );
}

for (const file of files(root)) {
  const parts = relative(root, file).split(sep);
  if (parts.length === 1) continue; // index.ts and the shared files
  const layer = parts[0];
  if (!(layer in BELOW)) {
    faults.push(`${relative(".", file)}: folder src/${layer} is not one of the layers`);
    continue;
  }
  const text = readFileSync(file, "utf8");
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
    checked++;
    const target = relative(root, resolve(dirname(file), match[1])).split(sep);
    if (target.length === 1) {
      if (!SHARED_FILES.has(target[0]))
        faults.push(`${relative(".", file)}: imports src/${target[0]}, which no layer may import`);
      continue;
    }
    const other = target[0];
    if (other === layer || BELOW[layer] === "everything" || BELOW[layer].includes(other)) continue;
    // A layer's own tests may use the engine to run what the layer builds.
    if (file.endsWith(".test.ts") && (other === "engine" || other === "graph" || other === "data")) continue;
    faults.push(`${relative(".", file)}: src/${layer} may not import src/${other} ("${match[1]}")`);
  }
}

if (checked === 0) faults.push("no import was found: the check looked in the wrong place");
for (const fault of faults) console.error(fault);
console.log(`layers: ${checked} imports checked, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
