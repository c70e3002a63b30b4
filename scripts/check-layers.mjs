// Checks the layers: imports between the folders of src/ run downward only, straight to the file that defines a name, and portable files
// do not use Node. The floors are the table in scripts/layers.mjs, shown in docs/architecture.md; the linter finds circles of files.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { FLOORS, foldersOf, LARGEST_SHARE, NOT_PORTABLE, PORTABLE, TOP_FILES } from "./layers.mjs";

/** An import or re-export of a TypeScript file: its source, and whether only its types are used. */
export function importsOf(text) {
  const found = [];
  for (const [, typed, names = "", specifier] of text.matchAll(
    /(?:^|[\n;])\s*(?:import|export)\s+(type\s)?\s*([\w*{},\s]*?)\s*(?:from\s*)?"([^"]+)"/g,
  )) {
    const listed = /^\{([^}]*)\}$/
      .exec(names.trim())?.[1]
      ?.split(",")
      .map((name) => name.trim());
    const everyTyped = listed?.filter((name) => name !== "").every((name) => name.startsWith("type "));
    found.push({ specifier, typesOnly: typed !== undefined || everyTyped === true });
  }
  for (const [, specifier] of text.matchAll(/\bimport\s*\(\s*"([^"]+)"/g)) {
    found.push({ specifier, typesOnly: false, lazy: true });
  }
  return found;
}

/** Returns every fault of a source tree; `read` returns a file's text, by its path below src/. */
export function faultsOf(files, read) {
  const faults = [];
  const floorOf = new Map(FLOORS.flatMap((floor, at) => foldersOf(floor).map((name) => [name, at])));
  const known = new Set(files);
  const imports = new Map(files.map((file) => [file, importsOf(read(file))]));
  const isTest = (file) => file.endsWith(".test.ts") || file.split("/").includes("testing");
  const targetOf = (file, specifier) =>
    specifier.startsWith(".") ? join(dirname(file), specifier).split(sep).join("/") : undefined;
  let checked = 0;

  for (const file of files) {
    const [folder, inner] = file.split("/");
    const isTop = inner === undefined;
    if (isTop && !TOP_FILES.includes(file)) faults.push(`src/${file}: belongs into a folder`);
    if (!isTop && !floorOf.has(folder)) faults.push(`src/${file}: src/${folder} is not on a floor`);
    for (const { specifier } of imports.get(file)) {
      const target = targetOf(file, specifier);
      if (target === undefined) continue;
      checked++;
      if (!known.has(target)) continue; // a package, JSON, or something that the compiler refuses
      const isBarrel = target.endsWith("/index.ts") || TOP_FILES.includes(target);
      if (isBarrel && !file.endsWith("index.ts") && !isTest(file)) {
        faults.push(`src/${file}: import the file that defines the name, not "${specifier}"`);
      }
      if (isTop || isTest(file)) continue;
      const [other] = target.split("/");
      if (other === folder || (floorOf.get(other) ?? -1) > (floorOf.get(folder) ?? Number.NaN)) continue;
      faults.push(`src/${file}: src/${folder} may not import src/${other} ("${specifier}")`);
    }
  }

  const way = new Map(); // for each file: how it reaches a Node module, or null
  const wayOf = (file, above) => {
    if (way.has(file)) return way.get(file);
    if (above.has(file)) return null;
    for (const { specifier, typesOnly, lazy } of imports.get(file)) {
      if (typesOnly || lazy) continue;
      if (NOT_PORTABLE.some((pattern) => pattern.test(specifier))) return remember(file, [specifier]);
      const target = targetOf(file, specifier);
      const further = target !== undefined && known.has(target) && wayOf(target, new Set([...above, file]));
      if (further) return remember(file, [target, ...further]);
    }
    return remember(file, null);
  };
  const remember = (file, found) => {
    way.set(file, found);
    return found;
  };
  for (const place of PORTABLE) {
    const inside = files.filter(
      (file) => (file === place || (place.endsWith("/") && file.startsWith(place))) && !isTest(file),
    );
    if (inside.length === 0) faults.push(`scripts/layers.mjs: there is no src/${place}`);
    for (const file of inside) {
      const found = wayOf(file, new Set());
      if (found) faults.push(`src/${file}: must run in a browser and reaches ${found.join(" <- ")}`);
    }
  }

  const lines = new Map();
  for (const file of files) {
    const folder = file.split("/")[0];
    lines.set(folder, (lines.get(folder) ?? 0) + read(file).split("\n").length - 1);
  }
  const total = [...lines.values()].reduce((sum, count) => sum + count, 0);
  for (const [folder, count] of lines) {
    if (files.length > 100 && count > LARGEST_SHARE * total) {
      faults.push(`src/${folder}: holds ${((100 * count) / total).toFixed(1)} % of all lines; split it`);
    }
  }
  if (checked === 0) faults.push("no import was found: the check looked in the wrong place");
  const [largest, count] = [...lines].sort(([, a], [, b]) => b - a)[0] ?? ["nothing", 0];
  return { faults, checked, largest, share: count / total };
}

/** Every TypeScript file below a folder. */
export function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

if (process.argv[1] === import.meta.filename) {
  const root = resolve("src");
  const files = sources(root).map((path) => relative(root, path).split(sep).join("/"));
  const { faults, checked, largest, share } = faultsOf(files, (file) =>
    readFileSync(join(root, file), "utf8"),
  );
  for (const fault of faults) console.error(fault);
  console.log(
    `layers: ${checked} imports of ${files.length} files checked, ${faults.length} faults; the largest folder is src/${largest} with ${(100 * share).toFixed(1)} % of the lines`,
  );
  process.exit(faults.length === 0 ? 0 : 1);
}
