import { z } from 'zod';

const names = z.array(z.string());

/** How a column of a data set becomes features. */
const columnSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('number'),
    name: z.string(),
    /** The median, in place of missing values; absent where none was missing. */
    whenMissing: z.number().optional(),
    /** Whether a second feature says where a value was missing. */
    indicator: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('boolean'),
    name: z.string(),
    /** The word that becomes 1, in lower case; the other becomes 0. */
    true: z.string(),
    /** The commoner one, in place of missing values; absent where none was missing. */
    whenMissing: z.number().optional(),
    indicator: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('category'),
    name: z.string(),
    /** A feature for each; any other value is 0 in all of them. */
    categories: names,
    indicator: z.literal(true).optional(),
  }),
]);

/** Of a stored data set. */
export const descriptorSchema = z.strictObject({
  name: z.string(),
  target: z.string(),
  columns: z.array(columnSchema),
  /** Columns that no feature was made of. */
  leftOut: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  /** Whether all features share one unit, as pixels do. */
  sharedUnit: z.boolean(),
  /** Rows of its test set, which come last; null if the test part is a part of the split. */
  testRows: z.int().min(1).nullable(),
});

/** How the features of a data set follow from its columns: enough to encode other rows alike. */
export type DataDescriptor = Readonly<z.infer<typeof descriptorSchema>>;
export type DataColumn = Readonly<z.infer<typeof columnSchema>>;

/** The features that a column becomes, in their order. */
export function columnFeatures(column: DataColumn): readonly string[] {
  const values =
    column.kind === 'category'
      ? column.categories.map((category) => `${column.name}=${category}`)
      : [column.name];
  return column.indicator === true ? [...values, `${column.name} is missing`] : values;
}

/** The features of a data set, in their order. */
export function descriptorFeatures({
  columns,
}: Pick<DataDescriptor, 'columns'>): readonly string[] {
  return columns.flatMap(columnFeatures);
}

/** Columns of numbers that are features as they are. */
export function numberColumns(featureNames: readonly string[]): DataColumn[] {
  return featureNames.map((name) => ({ kind: 'number', name }));
}
