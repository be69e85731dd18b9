/** Cost of an experiment: everything its page needs, or seconds, just to show that it runs. */
export const SCALES = ['full', 'smoke'] as const;
export type Scale = (typeof SCALES)[number];
