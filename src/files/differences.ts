/** Values longer than this are cut in a message. */
const SHOWN = 60;

/**
 * In what two JSON values differ, one phrase for each leaf: `training.epochs is 50 there and 60 here`.
 *
 * @param there - the value that is known
 * @param here - the one compared with it
 */
export function differences(there: unknown, here: unknown, path = ''): readonly string[] {
  if (isComposite(there) && isComposite(here)) {
    const names = new Set([...Object.keys(there), ...Object.keys(here)]);
    return [...names].flatMap((name) =>
      differences(there[name], here[name], path === '' ? name : `${path}.${name}`),
    );
  }
  const [before, now] = [show(there), show(here)];
  return before === now ? [] : [`${path} is ${before} there and ${now} here`];
}

function isComposite(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
