import { audit } from "relata";
const { findings } = await audit({ files: ["train.jsonl", "test.jsonl"], pictures: "pictures" });
for (const { severity, sentence, remedy } of findings)
    console.log(severity, sentence, remedy);
export {};
