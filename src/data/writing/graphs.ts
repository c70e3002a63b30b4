// Writes relations as graphs: GraphML for network tools, JSON-LD for linked data. Mentions are nodes; a graph holds no posts.
import type { Document } from "../document.ts";
import { writeAtomically } from "../file-sink.ts";
import { isXmlText, xmlAttribute } from "./label-studio-config.ts";
import type { DocumentTarget, WriteContext, Written } from "./target.ts";

/** GraphML. */
export const graphmlTarget: DocumentTarget = {
  name: "graphml",
  description: "GraphML: a node for each mention, an edge for each relation",
  cannotHold: { characters: "control characters, which XML excludes: they become U+FFFD" },
  holdsPosts: false,
  write: writeGraphml,
};

const KEYS = [
  ["text", "node", "string"],
  ["label", "node", "string"],
  ["post", "node", "string"],
  ["probability", "node", "double"],
  ["relation", "edge", "string"],
  ["post", "edge", "string"],
  ["probability", "edge", "double"],
] as const;

function writeGraphml(
  path: string,
  documents: AsyncIterable<Document>,
  { losses, signal }: WriteContext,
): Promise<Written> {
  return writeAtomically(path, async (file) => {
    const keys = KEYS.map(
      ([name, kind, type]) =>
        `  <key id="${kind}-${name}" for="${kind}" attr.name="${name}" attr.type="${type}"/>\n`,
    );
    await file.text(
      `<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n${keys.join("")}  <graph edgedefault="directed">\n`,
    );
    let count = 0;
    for await (const document of documents) {
      signal?.throwIfAborted();
      const lose = losses.of(document);
      let excluded = 0;
      const data = (kind: "node" | "edge", values: Readonly<Record<string, string | number | undefined>>) =>
        Object.entries(values)
          .flatMap(([name, value]) => {
            if (value === undefined) return [];
            if (!isXmlText(String(value))) excluded++;
            return [`<data key="${kind}-${name}">${xmlText(String(value))}</data>`];
          })
          .join("");
      const { id: post, text, entities, relations } = document;
      const nodes = entities.map(({ start, end, label, probability }, i) => {
        const values = { text: text.slice(start, end), label, post, probability };
        return `    <node id="p${count}e${i}">${data("node", values)}</node>\n`;
      });
      const edges = relations.map(({ head, tail, label: relation, probability }, i) => {
        const ends = `source="p${count}e${head}" target="p${count}e${tail}"`;
        return `    <edge id="p${count}r${i}" ${ends}>${data("edge", { relation, post, probability })}</edge>\n`;
      });
      lose("characters", excluded);
      await file.text([...nodes, ...edges].join(""));
      count++;
    }
    await file.text("  </graph>\n</graphml>\n");
    return { documents: count };
  });
}

/** A text between tags. */
function xmlText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML excludes
  return xmlAttribute(text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd"));
}

/** JSON-LD. */
export const jsonLdTarget: DocumentTarget = {
  name: "json-ld",
  description: "JSON-LD: mentions with text and type, and relations between them as statements of RDF",
  cannotHold: {},
  holdsPosts: false,
  write: writeJsonLd,
};

const CONTEXT = {
  rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  relata: "urn:relata:",
  text: "relata:text",
  label: "relata:label",
  post: "relata:post",
  probability: "relata:probability",
  head: { "@id": "rdf:subject", "@type": "@id" },
  tail: { "@id": "rdf:object", "@type": "@id" },
  relation: "relata:relation",
};

function writeJsonLd(
  path: string,
  documents: AsyncIterable<Document>,
  { signal }: WriteContext,
): Promise<Written> {
  return writeAtomically(path, async (file) => {
    await file.text(`{"@context": ${JSON.stringify(CONTEXT)},\n"@graph": [`);
    let count = 0;
    let items = 0;
    for await (const { id: post, text, entities, relations } of documents) {
      signal?.throwIfAborted();
      const name = (kind: string, i: number) => `urn:relata:post:${encodeURIComponent(post)}:${kind}${i}`;
      const nodes = entities.map(({ start, end, label, probability }, i) => ({
        ...{ "@id": name("mention", i), "@type": "relata:Mention" },
        ...{ text: text.slice(start, end), label, post, probability },
      }));
      const edges = relations.map(({ head, tail, label: relation, probability }, i) => ({
        ...{ "@id": name("relation", i), "@type": "rdf:Statement" },
        ...{ head: name("mention", head), relation, tail: name("mention", tail), post, probability },
      }));
      for (const item of [...nodes, ...edges]) {
        await file.text(`${items === 0 ? "" : ","}\n${JSON.stringify(item)}`);
        items++;
      }
      count++;
    }
    await file.text("\n]}\n");
    return { documents: count };
  });
}
