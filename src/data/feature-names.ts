/** The ten properties of a cell nucleus, in the order of the Wisconsin data set. */
const WDBC_PROPERTIES = [
  'radius',
  'texture',
  'perimeter',
  'area',
  'smoothness',
  'compactness',
  'concavity',
  'concave points',
  'symmetry',
  'fractal dimension',
];

/** The 30 columns of WDBC: mean, standard error and worst of each property. */
export const WDBC_FEATURES: readonly string[] = [
  ...WDBC_PROPERTIES.map((property) => `mean ${property}`),
  ...WDBC_PROPERTIES.map((property) => `${property} error`),
  ...WDBC_PROPERTIES.map((property) => `worst ${property}`),
];

export const IRIS_FEATURES: readonly string[] = [
  'sepal length (cm)',
  'sepal width (cm)',
  'petal length (cm)',
  'petal width (cm)',
];

export const WINE_FEATURES: readonly string[] = [
  'alcohol',
  'malic_acid',
  'ash',
  'alcalinity_of_ash',
  'magnesium',
  'total_phenols',
  'flavanoids',
  'nonflavanoid_phenols',
  'proanthocyanins',
  'color_intensity',
  'hue',
  'od280/od315_of_diluted_wines',
  'proline',
];

/** `pixel_0_0`, `pixel_0_1`, …: row and column of an image of the given side, row-major. */
export function pixelNames(side: number): readonly string[] {
  return Array.from(
    { length: side * side },
    (_, index) => `pixel_${Math.floor(index / side)}_${index % side}`,
  );
}
