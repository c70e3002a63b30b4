// Adds missing mentions to captions, if the user sets a template.
import { z } from "zod";

export const mentionTemplateSetting = z
  .string()
  .refine((text) => text.includes("{caption}") && text.includes("{mentions}"), {
    error: "must contain {caption} and {mentions}",
  })
  .optional()
  .describe(
    "Template that adds missing mentions to a caption, e.g. '{caption} With {mentions}.'. Absent: mentions are not added.",
  );

/** Returns the caption unchanged if there is no template or it has all mentions; braces in it are kept. */
export function withMentions(
  template: string | undefined,
  caption: string,
  mentions: readonly string[],
): string {
  if (template === undefined || mentions.every((mention) => caption.includes(mention))) return caption;
  const parts = { caption, mentions: mentions.join(" and ") };
  return template.replace(/\{(caption|mentions)\}/g, (_, name: keyof typeof parts) => parts[name]); // in one pass
}
