import { load } from "relata";

await using model = await load("models/posts", { threads: 2, precision: "int8" });
const { entities, relations } = await model.extract({ text: "Ada met Bo in Rome" });
console.log(entities.length, relations.length);

export {};
