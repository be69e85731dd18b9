import { WeightspringError } from '../errors.js';
import { zooRecordOf, type ZooRecord } from '../evaluation/zoo-record.js';
import type { FlowConfig } from '../flows/flow-config.js';

/**
 * How the zoo of a flow was trained, for commands that train networks to compare with.
 *
 * @param option - that named the flow
 * @throws WeightspringError `invalid-argument` where its record does not say
 */
export function requiredZooRecord(config: FlowConfig, option: string): ZooRecord {
  const record = zooRecordOf(config);
  if (record !== null) return record;
  throw new WeightspringError(
    'invalid-argument',
    `${option}: the config.json of flow '${config.name}' does not say how its zoo was trained`,
    { field: option },
  );
}
