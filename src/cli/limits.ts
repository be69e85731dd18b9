/** What one command may cost: far above any sane use, below what exhausts a machine. */
export const COMMAND_LIMITS = { maxCost: 1e11, maxBytes: 2 ** 31 };
