/** The earliest date of the zip format, fixed so that equal contents give equal files. */
export const ZIP_DATE = new Date(1980, 0, 1);
