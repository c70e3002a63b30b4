// Bundles src/ into dist/ for Node: few files, so that a start reads few. All entries are part of one build, so a module is the same one for the
// program, the library's parts and users' extensions. Packages stay outside. `npm run build` checks the types and writes declarations beside it.
import { chmodSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { rolldown } from "rolldown";
import { chunksOf } from "./chunks.mjs";

const ROOT = resolve(import.meta.dirname, "..");
const SOURCE = join(ROOT, "src");
const OUT = join(ROOT, "dist");
/** Folders of dist/ that other builds write. */
const OTHERS = ["web", "page"];
/** Modules that are started as processes and threads of their own. */
const PROGRAMS = [
  "cli/main",
  "serving/workers/worker-main",
  "checks/bench/providers/candidate-main",
  "encoders/pictures/pixel-thread",
];
/** The paths below src/ of the modules that package.json exports. */
function exported() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return Object.values(exports).flatMap(({ import: file = "" }) => {
    const [, path] = /^\.\/dist\/(.*)\.js$/.exec(file) ?? [];
    return path === undefined || OTHERS.includes(path.split("/")[0]) ? [] : [path];
  });
}

/** The paths of all modules. Each keeps a file under its path, as its declarations do, that exports what a larger file contains; no start reads it. */
function allModules() {
  return readdirSync(SOURCE, { recursive: true })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => path.endsWith(".ts") && !/\.test\.ts$|\.d\.ts$|^browser\/|(^|\/)testing\//.test(path))
    .map((path) => path.replace(/\.ts$/, ""));
}

const pathOf = (id) => relative(SOURCE, id).split(sep).join("/").replace(/\.ts$/, "");
const isOwn = (id) => id.startsWith(SOURCE + sep);

/** Fills `chunkOf` when all modules are known. */
function groupingInto(chunkOf) {
  return {
    name: "group",
    buildEnd() {
      const modules = new Map();
      const starts = new Set();
      const alone = new Set();
      for (const id of this.getModuleIds()) {
        if (!isOwn(id)) continue;
        const { code, importedIds, dynamicallyImportedIds, importers, dynamicImporters } =
          this.getModuleInfo(id);
        modules.set(id, {
          size: code.length,
          imports: importedIds.filter(isOwn),
          packages: importedIds.filter((to) => !isOwn(to) && !to.startsWith("node:")),
        });
        if (STARTED.has(pathOf(id))) starts.add(id);
        if (STARTED.has(pathOf(id)) && importers.length + dynamicImporters.length === 0) alone.add(id);
        for (const to of dynamicallyImportedIds.filter(isOwn)) starts.add(to);
      }
      for (const [id, group] of chunksOf(modules, [...starts], alone)) chunkOf.set(id, group);
    },
  };
}

/** What a process, a thread or a user's program loads first. */
const STARTED = new Set([...PROGRAMS, ...exported()]);
const chunkOf = new Map();
const build = await rolldown({
  input: Object.fromEntries(allModules().map((path) => [path, join(SOURCE, `${path}.ts`)])),
  platform: "node",
  preserveEntrySignatures: "allow-extension", // which entries without importers and those in a group never need
  transform: { target: "es2023" },
  treeshake: false, // what runs is what the tests ran: a call that seems to do nothing may be there for a reason
  external: (id) => !/^[./\0]|^[A-Za-z]:/.test(id) && !id.startsWith("@oxc-project/runtime"),
  plugins: [groupingInto(chunkOf)],
  checks: { ineffectiveDynamicImport: false }, // some modules are imported lazily in one place only
});
const { output } = await build.write({
  dir: OUT,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "chunks/[name].js",
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [
      {
        name: (id) => (chunkOf.has(id) ? pathOf(chunkOf.get(id)).replaceAll("/", ".") : null),
        debugName: "groups",
      },
    ],
  },
});
await build.close();

// An error's name is that of its class, and modules in one file could not both have it.
const renamed = output.flatMap(({ code = "" }) => code.match(/\bclass \w+\$\d+/g) ?? []);
if (renamed.length > 0) throw new Error(`two classes have one name: ${renamed.join(", ")}`);

// Files that an earlier build left would still be packed.
const written = new Set(output.map(({ fileName }) => fileName));
for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
  const path = relative(OUT, join(entry.parentPath, entry.name)).split(sep).join("/");
  if (!entry.isFile() || !/\.js(\.map)?$/.test(path) || OTHERS.includes(path.split("/")[0])) continue;
  if (!written.has(path)) rmSync(join(OUT, path));
}
chmodSync(join(OUT, "cli/main.js"), 0o755);
