// Measures how well suspicious labels are found: plants known errors in a data set, ranks its labels out of fold, and counts the planted ones
// at the top. Each run writes what test/reference/check_cleanlab.py needs to compare. docs/label-errors.md shows the commands. Needs the build.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { suspicions } from "../dist/audit/label-errors/class-suspicion.js";
import { findLabelErrors } from "../dist/audit/label-errors/find-label-errors.js";
import { readDocuments } from "../dist/data/readers.js";
import { tokensOf } from "../dist/data/tokens.js";
import { stream } from "../dist/training/random.js";

const { values } = parseArgs({
  options: {
    task: { type: "string" },
    data: { type: "string" },
    encoder: { type: "string" },
    count: { type: "string", default: "2500" },
    rates: { type: "string", default: "0.02,0.05,0.1" },
    seeds: { type: "string", default: "1,2" },
    folds: { type: "string", default: "5" },
    out: { type: "string", default: "runs/planted" },
    threads: { type: "string", default: "1" },
  },
});
const { task, data, encoder, out } = values;
if (!["mre", "mner"].includes(task) || data === undefined || encoder === undefined)
  throw new Error("give --task mre or mner, --data FILE and --encoder FOLDER");
mkdirSync(out, { recursive: true });
const clean = (await readDocuments(data)).documents.slice(0, Number(values.count));
const sums = { entities: {}, relations: {} }; // planting changes labels only
const judge = (documents) =>
  findLabelErrors({
    documents,
    encoder,
    task,
    folds: Number(values.folds),
    seed: 0,
    folder: join(out, "kept"),
    sums,
    threads: Number(values.threads),
  });

const unplanted = await judge(clean);
const [likely, names] = task === "mre" ? confusableRelations(unplanted) : confusableTypes(unplanted);
report(clean, unplanted, none(clean), 0, 0);
for (const rate of values.rates.split(",").map(Number)) {
  for (const seed of values.seeds.split(",").map(Number)) {
    const planted = task === "mre" ? plantRelations(clean, rate, seed) : plantEntities(clean, rate, seed);
    report(planted.documents, await judge(planted.documents), planted, rate, seed);
  }
}

/** Per document: the planted kind of each relation or entity, and the removed entities. */
function none(documents) {
  return { documents, kinds: documents.map(() => new Map()), removed: documents.map(() => []) };
}

/** For each label the other label that models give its rows most probability. */
function confusableRelations({ relations: { rows } }) {
  const { labels, classes, given, probabilities } = rows;
  const sums = labels.map(() => new Float64Array(classes));
  for (let row = 0; row < rows.rows; row++)
    for (let c = 0; c < classes; c++) sums[given[row]][c] += probabilities[row * classes + c];
  return [new Map(labels.map((label, own) => [label, labels[best(sums[own], own)]])), labels];
}

function confusableTypes({ entities: { words } }) {
  const types = words.tags.filter((tag) => tag.startsWith("B-")).map((tag) => tag.slice(2));
  const sums = new Map(types.map((type) => [type, new Float64Array(types.length)]));
  for (const [d, given] of words.given.entries())
    for (const [w, tag] of given.entries()) {
      if (!words.tags[tag].startsWith("B-")) continue;
      const row = sums.get(words.tags[tag].slice(2));
      for (const [i, type] of types.entries())
        row[i] += words.probabilities[d][w * words.tags.length + words.tags.indexOf(`B-${type}`)];
    }
  return [new Map(types.map((type, own) => [type, types[best(sums.get(type), own)]])), types];
}

function best(sums, without) {
  let at = -1;
  for (let c = 0; c < sums.length; c++) if (c !== without && (at < 0 || sums[c] > sums[at])) at = c;
  return at;
}

/** Half of the chosen relations get any other label, half the one that their label is confused with most. */
function plantRelations(documents, rate, seed) {
  const random = stream(seed, Math.round(rate * 1000), "plant relations");
  const all = documents.flatMap(({ relations }, d) => relations.map((_, r) => [d, r]));
  const order = random.permutation(all.length);
  const planted = {
    ...none(documents),
    documents: documents.map((one) => ({ ...one, relations: [...one.relations] })),
  };
  for (let k = 0; k < Math.round(rate * all.length); k++) {
    const [d, r] = all[order[k]];
    const relation = planted.documents[d].relations[r];
    const others = names.filter((label) => label !== relation.label);
    const kind = k % 2 === 0 ? "uniform" : "confusable";
    const label = kind === "uniform" ? others[random.integer(others.length)] : likely.get(relation.label);
    planted.documents[d].relations[r] = { ...relation, label };
    planted.kinds[d].set(r, kind);
  }
  return planted;
}

/** A fifth of the errors each: any other type, the confusable type, a boundary one word off, an entity removed, an entity invented. */
function plantEntities(documents, rate, seed) {
  const random = stream(seed, Math.round(rate * 1000), "plant entities");
  const all = documents.flatMap(({ entities }, d) => entities.map((_, e) => [d, e]));
  const order = random.permutation(all.length);
  const planted = {
    ...none(documents),
    documents: documents.map((one) => ({ ...one, entities: [...one.entities] })),
  };
  const gone = documents.map(() => new Set());
  const wanted = Math.round(rate * all.length);
  let next = 0;
  for (let k = 0; k < wanted; k++) {
    const kind = ["uniform", "confusable", "boundary", "removed", "invented"][k % 5];
    for (;;) {
      const [d, e] = all[order[next++]];
      const document = planted.documents[d];
      const entity = document.entities[e];
      const words = tokensOf(document);
      const isFree = (from, to) =>
        !document.entities.some(
          (other, i) => i !== e && !gone[d].has(i) && other.start < to && from < other.end,
        );
      if (kind === "uniform" || kind === "confusable") {
        const others = names.filter((label) => label !== entity.label);
        const label = kind === "uniform" ? others[random.integer(others.length)] : likely.get(entity.label);
        document.entities[e] = { ...entity, label };
        planted.kinds[d].set(e, kind);
      } else if (kind === "boundary") {
        const from = words.findIndex((word) => word.end > entity.start);
        const to = words.findLastIndex((word) => word.start < entity.end);
        const moved = [
          [from - 1, to],
          [from + 1, to],
          [from, to - 1],
          [from, to + 1],
        ]
          .filter(([a, b]) => a >= 0 && b < words.length && a <= b)
          .map(([a, b]) => ({ ...entity, start: words[a].start, end: words[b].end }))
          .filter(({ start, end }) => isFree(start, end));
        if (moved.length === 0) continue; // a text of one word: the next entity
        document.entities[e] = moved[random.integer(moved.length)];
        planted.kinds[d].set(e, kind);
      } else if (kind === "removed") {
        gone[d].add(e);
        planted.removed[d].push([entity.start, entity.end]);
      } else {
        const free = words.filter(
          ({ start, end, text }) =>
            /\p{L}/u.test(text) && isFree(start, end) && !(start < entity.end && entity.start < end),
        );
        if (free.length === 0) continue;
        const { start, end } = free[random.integer(free.length)];
        planted.kinds[d].set(document.entities.length, kind);
        document.entities.push({ start, end, label: names[random.integer(names.length)] });
      }
      break;
    }
  }
  for (const [d, document] of planted.documents.entries()) {
    const kept = document.entities.map((_, e) => e).filter((e) => !gone[d].has(e));
    planted.kinds[d] = new Map(
      kept.flatMap((e, i) => (planted.kinds[d].has(e) ? [[i, planted.kinds[d].get(e)]] : [])),
    );
    document.entities = kept.map((e) => document.entities[e]);
    document.relations = []; // their numbers would no longer fit
  }
  return planted;
}

/** Prints the precision at the number planted for each ranking, what was found by kind, and the estimate; keeps the scores. */
function report(documents, judged, planted, rate, seed) {
  const total = planted.kinds.reduce((sum, kinds) => sum + kinds.size, 0) + planted.removed.flat().length;
  const rankings =
    task === "mre"
      ? relationRankings(judged.relations, planted)
      : entityRankings(documents, judged.entities, planted);
  const judgement = judged.relations ?? judged.entities;
  const random = stream(seed, 0, "random order");
  const first = Object.values(rankings)[0];
  const order = random.permutation(first.length);
  rankings.random = Array.from(order, (i) => first[i]);
  const line = {
    task,
    rate,
    seed,
    documents: documents.length,
    judged: judgement.judged,
    unjudged: judgement.unjudged,
    planted: total,
    agreement: round(judgement.agreement),
    estimate: Math.round(judgement.errors.count),
    interval: judgement.errors.interval.map(Math.round),
    precision: Object.fromEntries(
      Object.entries(rankings).map(([name, ranking]) => [name, round(precisionAt(ranking, total))]),
    ),
    recallByKind: recallByKind(rankings, total, planted),
  };
  console.log(JSON.stringify(line));
  writeFileSync(
    join(out, `${task}-${documents.length}-${rate}-${seed}.json`),
    JSON.stringify({ ...line, ...forReference(documents, judged, planted) }),
  );
}

/** Each ranking is a list of ids of planted errors, undefined for an item that is none. */
function relationRankings({ rows, ranking }, planted) {
  const idOf = ({ document, relation }) =>
    planted.kinds[document].has(relation)
      ? `${planted.kinds[document].get(relation)} ${document} ${relation}`
      : undefined;
  const judgedRows = judgedOf({ rows, ranking });
  return Object.fromEntries(
    ["self-confidence", "margin", "adjusted-margin"].map((method) => [
      method,
      suspicions(rows, method)
        .sort((a, b) => b.score - a.score || a.row - b.row)
        .map(({ row }) => idOf(judgedRows[row])),
    ]),
  );
}

/** The relation of each row: rows are in the order of documents and their relations. */
function judgedOf({ ranking }) {
  return [...ranking].sort((a, b) => a.document - b.document || a.relation - b.relation);
}

function entityRankings(documents, { ranking }, planted) {
  const scores = {
    words: (one) => 1 - one.wordProbability,
    margin: (one) => one.otherProbability - one.givenProbability,
    "self-confidence": (one) => 1 - one.givenProbability,
    other: (one) => one.otherProbability,
  };
  return Object.fromEntries(
    Object.entries(scores).map(([name, score]) => [
      name,
      [...ranking]
        .sort((a, b) => score(b) - score(a) || a.document - b.document)
        .map((one) => entityId(documents, planted, one)),
    ]),
  );
}

function entityId(documents, planted, { document: d, given, other }) {
  if (given !== undefined)
    return planted.kinds[d].has(given.entity)
      ? `${planted.kinds[d].get(given.entity)} ${d} ${given.entity}`
      : removedId(documents, planted, d, other);
  return removedId(documents, planted, d, other);
}

function removedId(documents, planted, d, span) {
  if (span === undefined) return undefined;
  const words = tokensOf(documents[d]);
  const hit = planted.removed[d].findIndex(
    ([start, end]) => words[span.start].start < end && start < words[span.end - 1].end,
  );
  return hit < 0 ? undefined : `removed ${d} ${hit}`;
}

function precisionAt(ranking, count) {
  return count === 0 ? 0 : new Set(ranking.slice(0, count).filter((id) => id !== undefined)).size / count;
}

function recallByKind(rankings, count, planted) {
  const totals = {};
  for (const kinds of planted.kinds)
    for (const kind of kinds.values()) totals[kind] = (totals[kind] ?? 0) + 1;
  const removed = planted.removed.flat().length;
  if (removed > 0) totals.removed = removed;
  return Object.fromEntries(
    Object.entries(rankings).map(([name, ranking]) => {
      const found = new Set(ranking.slice(0, count).filter((id) => id !== undefined));
      return [
        name,
        Object.fromEntries(
          Object.entries(totals).map(([kind, of]) => [
            kind,
            round([...found].filter((id) => id.startsWith(`${kind} `)).length / of),
          ]),
        ),
      ];
    }),
  );
}

/** Probabilities and labels for cleanlab. For entities each word has a region: the same for the words of one suspicion. */
function forReference(documents, judged, planted) {
  if (task === "mre") {
    const { rows, ranking } = judged.relations;
    const relations = judgedOf({ ranking });
    const present = [...new Set(rows.given)].sort((a, b) => a - b); // cleanlab wants every class to have a row
    return {
      given: Array.from(rows.given, (label) => present.indexOf(label)),
      planted_rows: relations.map(({ document, relation }) =>
        planted.kinds[document].has(relation) ? 1 : 0,
      ),
      probabilities: relations.map((_, row) =>
        present.map((c) => round(rows.probabilities[row * rows.classes + c], 6)),
      ),
    };
  }
  const { words, ranking } = judged.entities;
  const region = words.given.map((given) => given.map(() => null));
  const hits = [];
  for (const one of ranking) {
    const id = entityId(documents, planted, one);
    for (const span of [one.given, one.other]) {
      if (span === undefined) continue;
      for (let w = span.start; w < span.end; w++) region[one.document][w] ??= hits.length;
    }
    hits.push(id ?? null);
  }
  for (const [d, spans] of planted.removed.entries())
    for (const [w, word] of tokensOf(documents[d]).entries()) {
      const at = spans.findIndex(([start, end]) => word.start < end && start < word.end);
      if (region[d][w] !== null) continue;
      region[d][w] = hits.length;
      hits.push(at < 0 ? null : `removed ${d} ${at}`);
    }
  return {
    tags: words.tags,
    hits,
    sentences: words.given.map((given, d) => ({
      given,
      region: region[d],
      probabilities: given.map((_, w) =>
        Array.from(words.probabilities[d].subarray(w * words.tags.length, (w + 1) * words.tags.length), (p) =>
          round(p, 5),
        ),
      ),
    })),
  };
}

function round(value, digits = 4) {
  return Number(value.toFixed(digits));
}
