// Compares relata's tokens with those in expected.json, which nasty_words.py writes: ids, and ranges in UTF-16 units.
// A range without the white space at its edges is equal: relata leaves out a space that a token carries. Other ids are an error.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadTokenizer } from "../../dist/encoders/tokenizing/index.js";

const [folder = ".", shown = "5"] = process.argv.slice(2);
const { words, families } = JSON.parse(await readFile(join(folder, "expected.json"), "utf8"));

function trimmed(word, [start, end]) {
  while (start < end && /\s/.test(word[start])) start++;
  while (end > start && /\s/.test(word[end - 1])) end--;
  return [start, end];
}

const CLUSTER = /^.?[\p{M}\u200d]*$|^[\u1100-\u11ff\uac00-\ud7a3]+$/su;

/** How a token's two ranges differ: "same", "mark", "cluster" or "other". */
function judge(word, ours, published) {
  const [a, b] = trimmed(word, ours);
  const [c, d] = trimmed(word, published);
  if ((a === c && b === d) || (a === b && c === d)) return "same";
  // The mark of a word's beginning alone: for relata it covers no text, for the published library the character after it.
  if (a === b && a === c) return "mark";
  // Characters that normalization composed or reordered: for relata, each covers all that it was made of.
  return a <= c && d <= b && CLUSTER.test(word.slice(a, b)) ? "cluster" : "other";
}

let wrong = 0;
for (const [family, answers] of Object.entries(families)) {
  const tokenizer = await loadTokenizer(join(folder, family));
  const faults = { ids: [], offsets: [] };
  const counts = { mark: 0, cluster: 0 };
  for (const [i, word] of words.entries()) {
    const [ids, ranges] = answers[i];
    const found = tokenizer.encodeWord(word);
    const said = JSON.stringify(found.map(({ id }) => id));
    if (said !== JSON.stringify(ids)) {
      faults.ids.push({ word, said, wanted: JSON.stringify(ids) });
      continue;
    }
    const verdicts = found.map(({ start, end }, at) => judge(word, [start, end], ranges[at]));
    if (verdicts.includes("other")) {
      const ours = JSON.stringify(found.map(({ start, end }) => [start, end]));
      faults.offsets.push({ word, said: ours, wanted: JSON.stringify(ranges) });
    } else if (verdicts.includes("cluster")) counts.cluster++;
    else if (verdicts.includes("mark")) counts.mark++;
  }
  wrong += faults.ids.length;
  console.log(
    `${family}: ${words.length} words, ${faults.ids.length} with other ids, ${faults.offsets.length} with other offsets (besides ${counts.mark} where only the mark of a beginning has a range, ${counts.cluster} with ranges of whole clusters)`,
  );
  for (const kind of ["ids", "offsets"])
    for (const { word, said, wanted } of faults[kind].slice(0, Number(shown)))
      console.log(
        `  ${kind} ${JSON.stringify(word)} (${[...word].map((c) => c.codePointAt(0).toString(16)).join(" ")}): ${said}, published ${wanted}`,
      );
}
process.exitCode = wrong === 0 ? 0 : 1;
