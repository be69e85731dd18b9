/** How much an experiment may cost: all that its page needs, or seconds to show that it runs. */
export const SCALES = ['full', 'smoke'] as const;
export type Scale = (typeof SCALES)[number];
