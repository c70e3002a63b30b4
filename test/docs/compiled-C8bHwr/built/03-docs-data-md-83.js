import { readDocuments, writeJsonl } from "relata/data";
const { documents, report } = await readDocuments("train.txt", { format: "mnre" });
await writeJsonl("train.jsonl", documents); // appears complete or not at all
export {};
