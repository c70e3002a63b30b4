// The range of the trust in views: a student's setting and its fit share it.

/** Trust is between 0 and this. */
export const MAX_TRUST = 10;
