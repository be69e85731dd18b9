import type { JobLimits } from './job-check.js';

/** Limits of one job of a command: far above any reasonable use, but below what exhausts a machine. */
export const OFFLINE_LIMITS: JobLimits = { maxOperations: 1e16, maxBytes: 2 ** 31 };
