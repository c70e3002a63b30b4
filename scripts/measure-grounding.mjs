// Measures how much of the truth survives being written as strings: a scripted model that knows every mention names it without positions, and relata finds it.
// The result is an upper bound of grounding, not the score of any model. Needs `npm run build`.
//   node scripts/measure-grounding.mjs <data file> [posts] [number of the only row to measure]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { annotate } from "../dist/annotate/annotate.js";
import { annotatorSettingsShape } from "../dist/annotate/annotator-settings.js";
import { deriveSchema } from "../dist/annotate/derive-schema.js";
import { parseAnnotationSchema } from "../dist/annotate/schema.js";
import { readDocuments } from "../dist/data/readers.js";
import { startScriptedModel } from "./scripted-model.mjs";

const [path, count = "200", only] = process.argv.slice(2);
const { documents: all } = await readDocuments(path, { policy: "report" });
const truth = byText(all).slice(0, Number(count));
const mentions = truth.reduce((sum, { entities }) => sum + entities.length, 0);
const related = truth.reduce(
  (sum, { relations }) => sum + relations.filter(({ label }) => label !== "None").length,
  0,
);
const repeated = truth.reduce(
  (sum, { text, entities }) =>
    sum + entities.filter(({ start, end }) => text.split(text.slice(start, end)).length > 2).length,
  0,
);
console.log(
  `${truth.length} posts, ${mentions} mentions (${repeated} of them occur more than once in their post), ${related} relations`,
);
const derived = deriveSchema(all);
console.log(`schema from the data: overlaps ${derived.overlaps}, repeated ${derived.repeated}`);
const FAULTS = ["offsets", "repeat", "spelling", "edges", "prose"];
const rows = [
  ["occurrence", [], derived.repeated],
  ["context", [], derived.repeated],
  ["nothing", [], "all"],
  ["nothing", [], "first"],
  ["nothing", [], "drop"],
  ["occurrence", FAULTS, derived.repeated],
];
for (const [i, [naming, faults, policy]] of rows.entries())
  if (only === undefined || Number(only) === i + 1) await measure(naming, faults, policy);

/** Annotates the posts and compares the result with the truth. */
async function measure(naming, faults, policy) {
  const folder = await mkdtemp(join(tmpdir(), "relata-grounding-"));
  const model = await startScriptedModel({ documents: truth, naming, faults });
  try {
    const { documents, account } = await annotate(
      truth.map((document) => ({ ...document, entities: [], relations: [] })),
      {
        schema: parseAnnotationSchema({ ...derived, repeated: policy }, "derived"),
        annotator: annotatorSettingsShape.parse({ baseUrl: model.url, model: "scripted" }),
        store: join(folder, "store"),
        samples: 1,
      },
    );
    const found = new Map(documents.map((document) => [document.id, document]));
    const score = { entities: [0, 0, 0], relations: [0, 0, 0] };
    for (const document of truth) {
      const other = found.get(document.id) ?? { entities: [], relations: [] };
      add(score.entities, spans(document), spans(other));
      add(score.relations, pairs(document), pairs(other));
    }
    const {
      exact,
      spelling,
      spacing,
      trimmed,
      insideWord,
      disambiguated,
      ambiguous,
      absent,
      duplicateEntity,
    } = account.counts;
    const { overlap } = account.entitiesLeftOut;
    console.log(`\nnaming ${naming}, repeated ${policy}, faults ${faults.join(" ") || "none"}`);
    for (const [what, [right, missed, extra]] of Object.entries(score))
      if (right + missed > 0)
        console.log(
          `  ${what}: ${right} right, ${missed} lost or misplaced, ${extra} that are not in the truth`,
        );
    console.log(
      `  found as written ${exact}, other spelling ${spelling}, other spaces ${spacing}, trimmed ${trimmed}; inside a word ${insideWord}; told apart ${disambiguated}; ambiguous ${ambiguous}; absent ${absent}; listed twice ${duplicateEntity}; left out for overlap ${overlap}`,
    );
  } finally {
    await model.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One document for each text, with the mentions and relations of all documents that have it. */
function byText(documents) {
  const known = new Map();
  for (const document of documents) {
    const one = known.get(document.text) ?? { ...document, entities: [], relations: [] };
    known.set(document.text, one);
    const places = document.entities.map((entity) => {
      const at = one.entities.findIndex((other) => other.start === entity.start && other.end === entity.end);
      return at === -1 ? one.entities.push(entity) - 1 : at;
    });
    for (const { head, tail, label } of document.relations)
      one.relations.push({ head: places[head], tail: places[tail], label });
  }
  return [...known.values()];
}

function spans({ entities }) {
  return new Set(entities.map(({ start, end, label }) => `${start} ${end} ${label}`));
}

function pairs({ entities, relations }) {
  return new Set(
    relations
      .filter(({ label }) => label !== "None")
      .map(
        ({ head, tail, label }) =>
          `${entities[head].start} ${entities[head].end} ${entities[tail].start} ${entities[tail].end} ${label}`,
      ),
  );
}

function add(score, truth, found) {
  for (const one of truth) score[found.has(one) ? 0 : 1]++;
  for (const one of found) if (!truth.has(one)) score[2]++;
}
