// Converts each of some data files to every format that holds posts, reads the result again and compares: prints a table of what is equal and what is lost.
// `node scripts/convert-matrix.mjs FORMAT=FILE...`; a file of boxes follows a comma: conll=dev.txt,boxes-dev.json. Needs the build (dist/).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { readDocuments, TARGETS, writeDocuments } from "../dist/data/index.js";
import { differences } from "./same-documents.mjs";

/** What reads a target's files; none reads spaCy's. */
const READERS = { "hugging-face": "parquet", spacy: undefined };

/** What became of documents in a target's file, in words. */
async function outcome(documents, format, folder) {
  const path = join(folder, `${format}-file`);
  const strict = await writeDocuments(path, documents, { format });
  if (!strict.written) {
    const lossy = await writeDocuments(path, documents, { format, lossy: true });
    const lost = Object.entries(lossy.losses).map(([kind, { count }]) => `${count} ${kind}`);
    return `${await reread(path, format, lossy.documents)}lost: ${lost.join(", ")}`;
  }
  if (format in READERS && READERS[format] === undefined) return "written (not read)";
  const { documents: read, report } = await readDocuments(path, { format: READERS[format] ?? format });
  // A folder is read by the names of its files.
  const byId = new Map(read.map((document) => [document.id, document]));
  const pairs = documents.map((document, i) => [document, byId.get(document.id) ?? read[i]]);
  const differing = pairs.filter(
    ([given, again]) => again === undefined || differences(given, again).length > 0,
  );
  if (report.rejected > 0 || read.length !== documents.length || differing.length > 0)
    return `NOT EQUAL: ${differing.length} of ${documents.length}, ${report.rejected} rejected`;
  return strict.renamed ? "equal (other ids)" : "equal";
}

/** Says so if a file with losses cannot be read, or has other numbers of documents than were written. */
async function reread(path, format, count) {
  if (format in READERS && READERS[format] === undefined) return "";
  const { documents, report } = await readDocuments(path, { format: READERS[format] ?? format });
  return report.rejected > 0 || documents.length !== count ? `UNREADABLE (${report.rejected}); ` : "";
}

const folder = await mkdtemp(join(tmpdir(), "relata-convert-matrix-"));
try {
  const sources = [];
  for (const argument of process.argv.slice(2)) {
    const [format, files = ""] = argument.split("=");
    const [file = "", boxes] = files.split(",");
    const { documents } = await readDocuments(file, { format, ...(boxes && { boxes }) });
    sources.push({ name: `${basename(dirname(file))}/${basename(file)}`, documents });
  }
  console.log(
    `| to | ${sources.map(({ name, documents }) => `${name} (${documents.length})`).join(" | ")} |`,
  );
  console.log(`| --- |${sources.map(() => " --- |").join("")}`);
  for (const { name } of TARGETS.filter(({ holdsPosts }) => holdsPosts)) {
    const cells = [];
    for (const { documents } of sources) {
      cells.push(await outcome(documents, name, folder));
      await rm(join(folder, `${name}-file`), { recursive: true, force: true });
    }
    console.log(`| \`${name}\` | ${cells.join(" | ")} |`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
