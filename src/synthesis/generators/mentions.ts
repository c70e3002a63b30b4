// Captions that were not asked for mentions, completed with them where the user wants that.
import { z } from "zod";

export const mentionTemplateSetting = z
  .string()
  .refine((text) => text.includes("{caption}") && text.includes("{mentions}"), {
    error: "must hold {caption} and {mentions}",
  })
  .optional()
  .describe(
    "How a caption that lacks mentions is completed, e.g. '{caption} With {mentions}.'; absent: not at all",
  );

/** The caption itself where there is no template or it holds all mentions; braces in it stay what they are. */
export function withMentions(
  template: string | undefined,
  caption: string,
  mentions: readonly string[],
): string {
  if (template === undefined || mentions.every((mention) => caption.includes(mention))) return caption;
  const parts = { caption, mentions: mentions.join(" and ") };
  return template.replace(/\{(caption|mentions)\}/g, (_, name: keyof typeof parts) => parts[name]); // in one pass
}
