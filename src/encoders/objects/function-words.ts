// English words that cannot name an object: articles, pronouns, prepositions, auxiliaries, and conventions
// of posts ("rt", "via").

/** In lower case. */
export const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  `a about above across after again against ago all almost along already also although always am amid among an and another any anyone
  anything are aren't around as at away back be became because become been before began behind being below beside besides between beyond
  both but by came can cannot come could couldn't did didn't do does doesn't doing done don't down during each either else enough even
  ever every everyone everything except few find following for found from gave get gets getting give given go goes going gone gonna got
  had hadn't has hasn't have haven't having he hello hence her here hers herself hey hi him himself his how however i i'm if in indeed
  inside instead into is isn't it its itself just keep kept knew know known last least less let like lol made make makes making many may
  maybe me might mine more most much must my myself near nearly need neither never next no nobody none nor not nothing now of off often
  oh ok okay omg on once one only onto or other others ought our ours ourselves out over own per please put quite rather really rt said
  same saw say says see seen seems several shall she should shouldn't since so some someone something soon still such take taken tell
  than thank thanks that the their theirs them themselves then there these they thing things think this those though through thus to
  today together tomorrow tonight too took toward towards under until up upon us use used using very via want was wasn't we well went
  were weren't what when where whether which while who whom whose why will with within without won't would wouldn't yeah yes yesterday
  yet you your yours yourself yourselves`.split(/\s+/),
);
