/** What one command may cost: far above any sane use, below what exhausts a machine. */
export const COMMAND_LIMITS = { maxOperations: 1e16, maxBytes: 2 ** 31 };
