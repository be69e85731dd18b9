/** Values of a log line. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type LogLevel = 'info' | 'warn' | 'error';

/** Writes one event. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

/** Writes events as JSON lines on stderr. */
export const logToStderr: Log = (level, event, fields = {}) => {
  const line = { time: new Date().toISOString(), level, event, ...fields };
  process.stderr.write(`${JSON.stringify(line)}\n`);
};
