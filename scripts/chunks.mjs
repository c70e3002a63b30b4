// Decides which modules of the build go into one file. Reading a file costs a start as much as compiling some kilobytes, so modules that mostly run
// together are joined, but never so that a start loads a package, or much code, that it does not need.

/** What opening one more file costs, in characters of source that could be compiled instead. */
const FILE_COST = 25_000;

const countOf = (bits) => {
  let count = 0;
  for (let word of bits) for (; word !== 0; word &= word - 1) count++;
  return count;
};
const union = (a, b) => a.map((word, i) => word | b[i]);
const without = (a, b) => a.map((word, i) => word & ~b[i]);
const shared = (a, b) => a.map((word, i) => word & b[i]);

/** Everything that is loaded with a node: itself and what it imports, directly or not. */
function closureOf(start, importsOf) {
  const found = new Set(start);
  for (const node of found) for (const next of importsOf(node)) found.add(next);
  return found;
}

/**
 * Groups modules. `modules` maps an id to `{ size, imports, packages }`: its characters, the ids that it imports at once, and the names of packages
 * that it imports at once. `starts` are ids that something may load first: entries and targets of dynamic imports. `alone` are ids that no module
 * imports and that stay in files of their own. Returns a map from every other id to the id after which its group is named. The imports between
 * groups never form a circle.
 */
export function chunksOf(modules, starts, alone = new Set()) {
  const words = Math.ceil(starts.length / 31);
  const loadedBy = new Map(); // for each module and each package, the starts that load it, as bits
  const bitsOf = (key) => {
    if (!loadedBy.has(key)) loadedBy.set(key, new Array(words).fill(0));
    return loadedBy.get(key);
  };
  for (const [at, start] of starts.entries()) {
    for (const id of closureOf([start], (id) => modules.get(id).imports)) {
      for (const key of [id, ...modules.get(id).packages]) bitsOf(key)[Math.floor(at / 31)] |= 1 << (at % 31);
    }
  }

  // At first, modules that the same starts load are together.
  const groups = new Map();
  const groupOf = new Map();
  for (const [id, { size }] of modules) {
    if (!loadedBy.has(id) || alone.has(id)) continue;
    const key = loadedBy.get(id).join();
    if (!groups.has(key)) groups.set(key, { ids: [], size: 0, starts: loadedBy.get(id) });
    const group = groups.get(key);
    group.ids.push(id);
    group.size += size;
    groupOf.set(id, group);
  }
  for (const group of groups.values()) {
    group.imports = new Set(group.ids.flatMap((id) => modules.get(id).imports.map((to) => groupOf.get(to))));
    group.imports.delete(group);
    group.packages = new Set(group.ids.flatMap((id) => modules.get(id).packages));
  }

  const importsOf = (group) => group.imports;
  /** What joining two groups saves in characters; negative when it costs. */
  const gain = (a, b) => {
    const saved = FILE_COST * countOf(shared(a.starts, b.starts));
    if (
      saved <=
      a.size * countOf(without(b.starts, a.starts)) + b.size * countOf(without(a.starts, b.starts))
    )
      return -1;
    const both = union(a.starts, b.starts);
    let cost = 0;
    for (const group of closureOf([a, b], importsOf)) {
      cost += group.size * countOf(without(both, group.starts));
      for (const name of group.packages) if (countOf(without(both, loadedBy.get(name))) > 0) return -1;
      if (cost >= saved) return -1;
    }
    return saved - cost;
  };
  /** Whether one of them imports the other through a third group. */
  const leadsTo = (from, to) =>
    closureOf(
      [...from.imports].filter((next) => next !== to),
      importsOf,
    ).has(to);
  const isCircular = (a, b) => leadsTo(a, b) || leadsTo(b, a);

  const live = new Set(groups.values());
  let pairs = [];
  const consider = (a, b) => {
    const value = gain(a, b);
    if (value > 0) pairs.push({ a, b, value });
  };
  const join = (a, b) => {
    const both = union(a.starts, b.starts);
    for (const group of closureOf([a, b], importsOf)) group.starts = union(group.starts, both);
    a.ids.push(...b.ids);
    a.size += b.size;
    for (const name of b.packages) a.packages.add(name);
    for (const to of b.imports) a.imports.add(to);
    for (const group of groups.values()) if (group.imports.delete(b)) group.imports.add(a);
    a.imports.delete(a);
    live.delete(b);
    for (const other of live) if (other !== a) consider(a, other);
  };
  const all = [...live];
  for (const [at, a] of all.entries()) for (const b of all.slice(at + 1)) consider(a, b);
  while (pairs.length > 0) {
    const round = pairs.sort((one, other) => other.value - one.value);
    pairs = [];
    for (const { a, b } of round) {
      // An earlier join may have changed what the two load.
      if (live.has(a) && live.has(b) && !isCircular(a, b) && gain(a, b) > 0) join(a, b);
    }
  }

  const result = new Map();
  for (const { ids } of live) {
    const largest = ids.reduce((a, b) => (modules.get(b).size > modules.get(a).size ? b : a));
    for (const id of ids) result.set(id, largest);
  }
  return result;
}
