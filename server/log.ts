/** Values of a log line. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type LogLevel = 'info' | 'warn' | 'error';

/** Writes one event. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;
