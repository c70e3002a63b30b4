// Draws docs/images/house.svg from the imports of src/, and writes the table of floors to docs/architecture.md;
// with --check only compares. It leaves out counts, which would change with every commit.
import { readFileSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { importsOf, sources } from "./check-layers.mjs";
import { writeOrCheck } from "./generated-files.mjs";
import { FLOORS, foldersOf } from "./layers.mjs";

const PAGE = "docs/architecture.md";
const PICTURE = "docs/images/house.svg";
const ROOM = { width: 148, height: 56, gap: 44 };
const FLOOR_HEIGHT = 128;
const WIDTH = 1000;
/** Everything imports it. */
const UNDRAWN = "base";

/** Returns the folders that each folder imports, without tests and the package's barrels. */
function folderImports() {
  const root = resolve("src");
  const found = new Map();
  for (const path of sources(root)) {
    const file = relative(root, path).split(sep).join("/");
    const parts = file.split("/");
    if (parts.length === 1 || file.endsWith(".test.ts") || parts.includes("testing")) continue;
    for (const { specifier } of importsOf(readFileSync(path, "utf8"))) {
      if (!specifier.startsWith(".")) continue;
      const target = relative(root, resolve(path, "..", specifier)).split(sep)[0];
      if (target === parts[0]) continue;
      if (!found.has(parts[0])) found.set(parts[0], new Set());
      found.get(parts[0]).add(target);
    }
  }
  return found;
}

/** Returns the imports that no longer path implies: from -> between -> to makes an arrow from -> to unnecessary. */
function withoutImplied(imports) {
  const reach = (from, to) => [...(imports.get(from) ?? [])].some((next) => next === to || reach(next, to));
  return [...imports].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => to !== UNDRAWN && ![...targets].some((between) => between !== to && reach(between, to)))
      .map((to) => [from, to]),
  );
}

function drawing(imports) {
  const places = new Map();
  FLOORS.forEach((floor, at) => {
    const names = foldersOf(floor);
    const width = names.length * ROOM.width + (names.length - 1) * ROOM.gap;
    names.forEach((name, i) => {
      places.set(name, {
        x: 60 + (WIDTH - 60 - width) / 2 + i * (ROOM.width + ROOM.gap),
        y: 24 + at * FLOOR_HEIGHT,
      });
    });
  });
  const arrows = [];
  for (const [from, to] of withoutImplied(imports).sort()) {
    const [a, b] = [places.get(from), places.get(to)];
    if (a === undefined || b === undefined) continue;
    const [x1, y1, x2, y2] = [a.x + ROOM.width / 2, a.y + ROOM.height, b.x + ROOM.width / 2, b.y];
    const bend = Math.max(28, (y2 - y1) / 3);
    arrows.push(
      `<path class="way" d="M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2 - 5}"><title>${from} imports ${to}</title></path>`,
    );
  }
  const rooms = [...places].map(([name, { x, y }]) => {
    const middle = `x="${x + ROOM.width / 2}" y="${y + ROOM.height / 2 + 6}"`;
    return `<g><rect class="room" x="${x}" y="${y}" width="${ROOM.width}" height="${ROOM.height}" rx="6"/><text class="name" ${middle}>${name}</text></g>`;
  });
  const floors = FLOORS.map((_, at) => {
    const y = 24 + at * FLOOR_HEIGHT;
    return `<rect class="floor" x="0" y="${y - 14}" width="${WIDTH}" height="${ROOM.height + 28}"/><text class="number" x="22" y="${y + ROOM.height / 2 + 6}">${FLOORS.length - at}</text>`;
  });
  const height = 24 + FLOORS.length * FLOOR_HEIGHT - (FLOOR_HEIGHT - ROOM.height) + 14;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">The folders of src/ on their floors; an arrow leads from a folder to one that it imports, unless a longer way does.</title>
<style>
  svg { background: #fff; font: 17px system-ui, sans-serif; }
  .floor { fill: #f3f4f6; }
  .number { fill: #6b7280; text-anchor: middle; font-size: 14px; }
  .room { fill: #fff; stroke: #374151; stroke-width: 1.4; }
  .name { fill: #111827; text-anchor: middle; }
  .way { fill: none; stroke: #2563eb; stroke-opacity: 0.55; stroke-width: 1.8; marker-end: url(#tip); }
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#2563eb" fill-opacity="0.8"/></marker></defs>
${floors.join("\n")}
${arrows.join("\n")}
${rooms.join("\n")}
</svg>
`;
}

/** One row per folder, with its imports from lower floors. */
function table(imports) {
  const rows = FLOORS.flatMap((floor, at) =>
    Object.entries(floor).map(([name, what]) => {
      const below = [...(imports.get(name) ?? [])].filter((other) => other !== UNDRAWN).sort();
      return `| ${FLOORS.length - at} | \`${name}/\` | ${what} | ${below.join(", ") || "nothing"} |`;
    }),
  );
  return [
    "| floor | folder | what lives there | imports, beside `base/` |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

const imports = folderImports();
const page = readFileSync(PAGE, "utf8");
const BLOCK = /(<!-- floors: generated .*?-->\n)[\s\S]*?(<!-- end of floors -->)/;
if (!BLOCK.test(page)) throw new Error(`${PAGE} has no place for the table of floors`);
writeOrCheck({
  [PAGE]: page.replace(BLOCK, (_, head, foot) => `${head}\n${table(imports)}\n\n${foot}`),
  [PICTURE]: drawing(imports),
});
