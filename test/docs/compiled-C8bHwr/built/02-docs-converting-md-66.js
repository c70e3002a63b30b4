import { readDocuments, writeDocuments } from "relata/data";
const { documents } = await readDocuments("docs.jsonl");
const { written, losses } = await writeDocuments("docs.spert", documents, { format: "spert" });
if (!written)
    console.log(losses); // by kind: how many, in how many documents, and the first ids
export {};
