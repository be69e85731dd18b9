import { PACKAGE_NAME, VERSION } from '../package-info.js';

type Metadata = Readonly<Record<string, string>>;

/** What an ensemble says of itself, and where the standardisation of a single member would be. */
const OF_THE_ENSEMBLE: ReadonlySet<string> = new Set([
  'producer',
  'version',
  'ensemble',
  'members',
  'inputScaling',
]);

/** Too long to repeat for each member; the graph holds them. */
const SHARED_OR_LEFT_OUT: ReadonlySet<string> = new Set(['inputMean', 'inputScale']);

/**
 * The metadata of an ensemble: what its members' files would say alike, once; the rest as JSON in
 * `members`, a list with a value per member for each key, null where one has none.
 *
 * @param members - the metadata of each, in the order of `memberProbabilities`
 */
export function ensembleMetadata(members: readonly Metadata[]): Metadata {
  const keys = new Set(members.flatMap((metadata) => Object.keys(metadata)));
  const columns = [...keys]
    .filter((key) => !OF_THE_ENSEMBLE.has(key))
    .map((key) => [key, members.map((metadata) => metadata[key] ?? null)] as const);
  const shared = columns.flatMap(([key, values]) => {
    const [first] = values;
    const isShared = typeof first === 'string' && values.every((value) => value === first);
    return isShared ? [[key, first] as const] : [];
  });
  const common = Object.fromEntries(shared);
  const differing = columns.filter(
    ([key]) => !Object.hasOwn(common, key) && !SHARED_OR_LEFT_OUT.has(key),
  );
  return {
    producer: PACKAGE_NAME,
    version: VERSION,
    ensemble: String(members.length),
    ...common,
    inputScaling: 'graph',
    members: JSON.stringify(Object.fromEntries(differing)),
  };
}
