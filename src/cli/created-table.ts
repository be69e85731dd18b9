import { formatTable } from '../files/table.js';
import type { CreatedFigures } from '../workflows/measure-created.js';

/** The figures of a flow that was created, and how to ask for a network. */
export function createdTable(name: string, modelsDir: string, created: CreatedFigures): string {
  const { trained, generated, logistic } = created;
  const rows = [
    ['trained', trained],
    ['generated', generated],
  ] as const;
  return [
    formatTable({
      columns: [created.architecture, 'networks', 'accuracy', 'worst', 'cross-entropy'].map(
        (header) => ({ header }),
      ),
      rows: [
        ...rows.map(([label, own]) => [
          label,
          own.networks,
          own.accuracy,
          own.worst,
          own.crossEntropy,
        ]),
        ...rows.map(([label, { networks, averaged }]) => [
          `${label}, averaged`,
          networks,
          averaged.accuracy,
          null,
          averaged.crossEntropy,
        ]),
        ['logistic regression', 1, logistic.accuracy, null, logistic.crossEntropy],
      ],
    }),
    '',
    ...nextSteps(name, modelsDir, created),
  ].join('\n');
}

function nextSteps(
  name: string,
  modelsDir: string,
  { refusal }: Pick<CreatedFigures, 'refusal'>,
): readonly string[] {
  if (refusal !== null) {
    return [
      `not good enough to be served: ${refusal}.`,
      `Give it more time: the same command with more --minutes, another name or --out, and another ` +
        '--run-dir.',
    ];
  }
  return [
    `weightspring serve --models-dir ${modelsDir}`,
    `curl -sS --fail-with-body localhost:8080/v1/networks -H 'content-type: application/json' ` +
      `-d '{"flow":"${name}","seed":7}' -o network.onnx`,
  ];
}
