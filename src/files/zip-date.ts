/** The first moment that a zip file can name, so that equal contents give equal files. */
export const ZIP_DATE = new Date(1980, 0, 1);
