/**
 * Commands without a supervisor: the service, which reacts to signals at once since its workers
 * compute, and commands without anything to clean up, which the first signal ends by default.
 */
const UNSUPERVISED: ReadonlySet<string> = new Set([
  'serve',
  'flows',
  'devices',
  'zoo info',
  'keys create',
  'keys list',
  'keys revoke',
  'help',
]);

/**
 * Whether the command of these arguments runs in a child process, which its supervisor ends at the
 * second Ctrl-C. Decided before the program is loaded, which takes longer than starting a process.
 */
export function isSupervised(args: readonly string[]): boolean {
  const [command = '-', subcommand = ''] = args;
  if (command.startsWith('-') || args.includes('--help') || args.includes('-h')) return false;
  return !UNSUPERVISED.has(command) && !UNSUPERVISED.has(`${command} ${subcommand}`);
}
