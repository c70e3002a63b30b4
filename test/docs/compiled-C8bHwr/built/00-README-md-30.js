import { load } from "relata";
const model = await load("runs/quickstart/bundle");
const image = "runs/quickstart/corpus/pictures/1118ea396fa2.png";
const { entities, relations } = await model.extract({ text: "Adam Novak sends greetings from Penrose", image });
console.table(entities);
console.table(relations);
await model.dispose();
export {};
