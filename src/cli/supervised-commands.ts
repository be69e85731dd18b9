/**
 * Commands without a supervisor: the service, which answers signals at once since others compute
 * for it, and what has nothing to put in order, so that the first signal ends it by default.
 */
const UNSUPERVISED: ReadonlySet<string> = new Set([
  'serve',
  'flows',
  'devices',
  'zoo info',
  'help',
]);

/**
 * Whether the command of these arguments runs in a process of its own, with a supervisor that ends
 * it at the second Ctrl-C. To be known before the program is loaded, which takes longer than a
 * process to start.
 */
export function isSupervised(args: readonly string[]): boolean {
  const [command = '-', subcommand = ''] = args;
  if (command.startsWith('-') || args.includes('--help') || args.includes('-h')) return false;
  return !UNSUPERVISED.has(command) && !UNSUPERVISED.has(`${command} ${subcommand}`);
}
