declare const text: string;
declare const posts: readonly import("relata").Post[];
import { load } from "relata";

await using model = await load("models/posts", { threads: 2 });
const { entities, relations, visual, notes } = await model.extract({ text, image: "photo.jpg" });
for (const entity of entities) console.log(entity.text, entity.label, entity.probability);
for (const { headText, label, tailText, probability } of relations) console.log(headText, label, tailText, probability);
for await (const outcome of model.extractMany(posts)) {
  if ("error" in outcome) console.error(outcome.post.text, outcome.error.code);
}

export {};
