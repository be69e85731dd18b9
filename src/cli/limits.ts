/** Limits of one command: far above any reasonable use, but below what exhausts a machine. */
export const COMMAND_LIMITS = { maxOperations: 1e16, maxBytes: 2 ** 31 };
