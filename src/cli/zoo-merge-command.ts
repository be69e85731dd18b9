import type { Command } from 'commander';
import { checkWritableFile } from '../files/write-target.js';
import { mergeZoos, type NamedZoo } from '../zoo/merge-zoos.js';
import { readZoo, writeZoo } from '../zoo/zoo-file.js';
import { jsonOption, parsePath } from './options.js';
import { say } from './output.js';
import { reportZoo } from './report-zoo.js';

interface ZooMergeFlags {
  readonly out: string;
  readonly json?: true;
}

/** `weightspring zoo merge`. */
export function addZooMergeCommand(zoo: Command): void {
  zoo
    .command('merge')
    .description(
      'make one zoo of parts that were trained alike on different architectures, or on runs that ' +
        'follow one another (--first-run)',
    )
    .argument('<zoo>', 'zoo file', parsePath)
    .argument('<zoos...>', 'zoo files')
    .requiredOption('--out <file>', 'zoo file to write', parsePath)
    .addOption(jsonOption())
    .action(async (first: string, others: readonly string[], flags: ZooMergeFlags) => {
      await checkWritableFile(flags.out);
      const read = async (name: string): Promise<NamedZoo> => ({ name, zoo: await readZoo(name) });
      const rest: NamedZoo[] = [];
      const start = await read(first);
      for (const path of others) rest.push(await read(path));
      const merged = mergeZoos([start, ...rest]);
      await writeZoo(merged, flags.out);
      say(`wrote ${flags.out}`);
      reportZoo(merged, flags.json === true, flags.out);
    });
}
