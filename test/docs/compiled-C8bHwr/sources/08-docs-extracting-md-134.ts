declare const text: string;
declare const posts: readonly import("relata").Post[];
import { load } from "relata";

await using model = await load("models/posts");
const { label, probability } = await model.relationBetween({
  text: "Ada met Bo in Rome",
  head: { start: 0, end: 3 },
  tail: { start: 8, end: 10 },
});

export {};
