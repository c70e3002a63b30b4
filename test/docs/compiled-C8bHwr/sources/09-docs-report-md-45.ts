import { report } from "relata";

const { path } = await report({
  runFolder: "runs/first",
  judged: { predictions: "runs/first/test.jsonl", gold: "test.jsonl", pictures: "pictures" },
  title: "Before the change",
});
console.log(`open ${path}`);

export {};
