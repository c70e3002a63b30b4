// Lets a loaded model read two short posts, so that its graphs are compiled before the first caller waits for them.
import type { Extractor } from "../../extract/extractor.ts";
import type { Post } from "../../extract/post.ts";

const TEXT = "Ada met Bo";
const MENTIONS = [
  { start: 0, end: 3 },
  { start: 8, end: 10 },
] as const;

/** Reads a text, and asks for the relation of two mentions. @throws the errors of models that cannot run here */
export async function warmUp(extractor: Extractor): Promise<void> {
  const label = extractor.entityTypes[0] ?? "entity";
  const mentions = { entities: MENTIONS.map((span) => ({ ...span, label })) };
  const picture = extractor.sees.pictures ? { image: Buffer.from(PICTURE, "base64") } : {};
  const posts: readonly Post[] = [
    ...(extractor.needsMentions ? [] : [{ text: TEXT, ...picture }]),
    ...(extractor.labels.length > 0 ? [{ text: TEXT, ...mentions, ...picture }] : []),
  ];
  for (const post of posts) await extractor.extract(post, { typeConstraints: false });
}

/** A grey PNG of 8 by 8 pixels. */
const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAD0lEQVQI12NowAEYhpYEAILzYAGUMxmUAAAAAElFTkSuQmCC";
