declare const text: string;
declare const posts: readonly import("relata").Post[];
import { load } from "relata";

await using model = await load("models/posts");
const { explanation } = await model.explain({ text: "Ada met Bo in Rome", image: "photo.jpg" });
for (const { change, text, withPicture, withoutPicture } of explanation.changed.entities)
  console.log(text, change, withPicture?.label, withoutPicture?.label);
for (const { model: name, layer, attention } of explanation.layers) console.log(name, layer, attention);

export {};
